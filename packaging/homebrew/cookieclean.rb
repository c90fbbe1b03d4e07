class Cookieclean < Formula
  desc "Removes one site's cookies from every browser, and nothing else"
  homepage "@HOMEPAGE@"
  url "@DOWNLOADS@/cookieclean-@VERSION@.tar.gz"
  sha256 "@SHA256_SOURCE@"
  license "MIT"

  depends_on "rust" => :build

  def install
    system "cargo", "install", *std_cargo_args
    man1.install Dir["packaging/man/*.1"]
    (man/"ja/man1").install Dir["packaging/man/ja/*.1"]
    bash_completion.install "packaging/completions/cookieclean.bash" => "cookieclean"
    zsh_completion.install "packaging/completions/_cookieclean"
    fish_completion.install "packaging/completions/cookieclean.fish"
    pwsh_completion.install "packaging/completions/_cookieclean.ps1"
  end

  test do
    assert_match version.to_s, shell_output("#{bin}/cookieclean --version")
    # It runs without a browser, and tells that there is none.
    found = shell_output("#{bin}/cookieclean profiles --json --home #{testpath}")
    assert_empty JSON.parse(found)["profiles"]
  end
end
