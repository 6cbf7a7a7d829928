# Written by auditor: reads settings of this server and changes none. Runs on PowerShell 2.0 and later.
# The questions stand, as data, near the end; each is answered by one function Read-<kind>, on its own, so that
# one that fails loses only itself. The answers leave as one checksummed ASCII text on standard output.
$ErrorActionPreference = 'Stop'
$ProgressPreference = 'SilentlyContinue' # progress records would come back on standard error
$Invariant = [Globalization.CultureInfo]::InvariantCulture
$Sha1 = New-Object System.Security.Cryptography.SHA1CryptoServiceProvider # works under FIPS policy on .NET 2.0 too

function New-Observed($data) { return @{ state = 'observed'; data = $data } }

function New-Absent($what) { return @{ state = 'absent'; what = $what } }

# E_ACCESSDENIED, WBEM_E_ACCESS_DENIED; WBEM_E_INVALID_CLASS, WBEM_E_INVALID_NAMESPACE
$DeniedCodes = '0x80070005', '0x80041003'
$AbsentCodes = @{ '0x80041010' = 'class'; '0x8004100E' = 'namespace' }

function Get-ErrorCode($exception) {
    # Exception.HResult can be read from .NET 4.5 on only; ManagementException keeps its code in a property of its own.
    if ($exception.GetType().FullName -eq 'System.Management.ManagementException') { $code = [int]$exception.ErrorCode }
    else { $code = [Runtime.InteropServices.Marshal]::GetHRForException($exception) }
    return '0x{0:X8}' -f $code
}

function New-Failure($record) {
    # PowerShell wraps what .NET throws, so the cause may be any of the inner exceptions. Messages are in the
    # server's language: they are passed on for people, and decided by types and numbers only.
    for ($exception = $record.Exception; $null -ne $exception; $exception = $exception.InnerException) {
        $code = Get-ErrorCode $exception
        $reason = '{0} {1}: {2}' -f $exception.GetType().FullName, $code, $exception.Message
        if ($AbsentCodes.ContainsKey($code)) { return New-Absent $AbsentCodes[$code] }
        if ($DeniedCodes -contains $code -or $exception -is [Security.SecurityException] -or
            $exception -is [UnauthorizedAccessException]) { return @{ state = 'denied'; reason = $reason } }
    }
    return @{ state = 'failed'; reason = $reason }
}

function Format-JsonText($text) {
    # Only printable ASCII stays as it is, so that no code page can change the reply.
    $escape = { param($match) '\u{0:x4}' -f [int][char]$match.Value }
    $safe = [regex]::Replace($text.Replace('\', '\\'), '[^ !#-~]', [Text.RegularExpressions.MatchEvaluator]$escape)
    return '"' + $safe + '"'
}

function Format-Json($value) {
    # ConvertTo-Json came with PowerShell 3.0, and turns lists of one into that one.
    if ($null -eq $value) { return 'null' }
    if ($value -is [bool]) { if ($value) { return 'true' } else { return 'false' } }
    if ($value -is [string]) { return Format-JsonText $value }
    $integers = 'SByte', 'Byte', 'Int16', 'UInt16', 'Int32', 'UInt32', 'Int64', 'UInt64'
    if ($integers -contains $value.GetType().Name) { return $value.ToString($Invariant) }
    $parts = New-Object System.Collections.ArrayList
    if ($value -is [Collections.IDictionary]) {
        $sorted = New-Object System.Collections.SortedList($value, [StringComparer]::Ordinal)
        foreach ($pair in $sorted.GetEnumerator()) {
            [void]$parts.Add((Format-JsonText $pair.Key) + ':' + (Format-Json $pair.Value))
        }
        return '{' + [string]::Join(',', [string[]]$parts.ToArray()) + '}'
    }
    if ($value -isnot [Array] -and $value -isnot [Collections.ArrayList]) {
        throw 'there is no way to write a ' + $value.GetType().FullName
    }
    foreach ($item in $value) { [void]$parts.Add((Format-Json $item)) }
    return '[' + [string]::Join(',', [string[]]$parts.ToArray()) + ']'
}

function Get-Hex($bytes) { return [BitConverter]::ToString($bytes).Replace('-', '').ToLowerInvariant() }

function Get-Checksum($text) { return Get-Hex ($Sha1.ComputeHash([Text.Encoding]::ASCII.GetBytes($text))) }
