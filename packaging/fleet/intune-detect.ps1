# Intune, Remediations: the detection script. Runs as SYSTEM, 64-bit.
# Exit 1: cookies of the site are there, and the remediation runs. Exit 0: none are.
$site = 'openai.com'
$program = "$env:ProgramFiles\cookieclean\cookieclean.exe"

if (-not (Test-Path -LiteralPath $program)) {
    Write-Output "cookieclean is not installed: $program"
    exit 0
}
$output = & $program list $site --all-users --json
$code = $LASTEXITCODE
try {
    $document = $output | ConvertFrom-Json
} catch {
    Write-Output "cookieclean ended with $code and printed no JSON"
    exit 0
}
$cookies = 0
foreach ($user in $document.users) {
    if ($user.result) { $cookies += @($user.result.cookies).Count }
}
Write-Output "$cookies cookies of $site, exit status $code"
if ($cookies -gt 0) { exit 1 }
exit 0
