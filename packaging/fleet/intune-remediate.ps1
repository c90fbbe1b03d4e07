# Intune, Remediations: the remediation script. Runs as SYSTEM, 64-bit.
# Browsers that are open are skipped; the next run takes what they had.
$site = 'openai.com'
$program = "$env:ProgramFiles\cookieclean\cookieclean.exe"

$output = & $program $site --all-users --json
$code = $LASTEXITCODE
try {
    $document = $output | ConvertFrom-Json
} catch {
    Write-Output "cookieclean ended with $code and printed no JSON"
    exit 1
}
$deleted = 0
$open = @()
foreach ($user in $document.users) {
    if (-not $user.result) { continue }
    $deleted += $user.result.deleted
    foreach ($store in $user.result.stores) {
        if ($store.status -eq 'in-use') { $open += "$($store.browser) of $($user.user)" }
    }
}
$open = ($open | Sort-Object -Unique) -join ', '
Write-Output "$deleted cookies of $site deleted; open: $open; exit status $code"
# 3: only open browsers were skipped.
if ($code -eq 0 -or $code -eq 3) { exit 0 }
exit 1
