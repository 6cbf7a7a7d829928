function Read-Question($text) {
    # kind|name=value|...: names and values only ever become entries of a hashtable, never code.
    $parts = $text.Split([char]'|')
    $p = @{}
    for ($i = 1; $i -lt $parts.Length; $i++) {
        $at = $parts[$i].IndexOf([char]'=')
        $p[$parts[$i].Substring(0, $at)] = [Uri]::UnescapeDataString($parts[$i].Substring($at + 1))
    }
    $answer = & "Read-$($parts[0])" $p
    if ($answer -isnot [Collections.IDictionary]) { throw 'the reader gave no answer' }
    return Format-Json $answer
}

function Add-Line($label, $json) {
    $sum = Get-Checksum "$label $json"
    [void]$Reply.Append("$label $sum $json`n")
}

$os = [Environment]::OSVersion.Version
$platform = @{
    powershell = $PSVersionTable.PSVersion.ToString()
    clr = [Environment]::Version.ToString()
    os = '{0}.{1}.{2}' -f $os.Major, $os.Minor, $os.Build
    bits = ([IntPtr]::Size * 8).ToString($Invariant)
    language_mode = "$($ExecutionContext.SessionState.LanguageMode)" # empty where PowerShell does not tell
    computer = [Environment]::MachineName
    now = [DateTime]::UtcNow.ToFileTimeUtc().ToString($Invariant)
}
$Reply = New-Object System.Text.StringBuilder
Add-Line 'platform' (Format-Json $platform)
$count = 1
foreach ($line in $Questions.Split([char]"`n")) {
    $question = $line.TrimEnd([char]"`r")
    if ($question -eq '') { continue }
    $space = $question.IndexOf([char]' ')
    try { $json = Read-Question ($question.Substring($space + 1)) } catch { $json = Format-Json (New-Failure $_) }
    Add-Line ($question.Substring(0, $space)) $json
    $count++
}
$body = $Reply.ToString()
$sum = Get-Checksum $body
$bytes = [Text.Encoding]::ASCII.GetBytes("`nAUDITOR-REPLY 1`n" + $body + "AUDITOR-END $count $sum`n")
# One write of bytes: the console's writer would cut it in pieces, and each piece may cost a network round trip.
$stdout = [Console]::OpenStandardOutput()
$stdout.Write($bytes, 0, $bytes.Length)
$stdout.Flush()
exit 0
