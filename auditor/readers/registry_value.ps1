# needs: registry
# needs: native_registry
# One value: its type and its data, not expanded; or which of key and value is absent.
function Read-registry_value($p) {
    $key = Open-RegistryKey $p
    if ($null -eq $key) { return New-Absent 'key' }
    try {
        $there = $false
        foreach ($name in $key.GetValueNames()) {
            if ([string]::Equals($name, $p['name'], [StringComparison]::OrdinalIgnoreCase)) { $there = $true }
        }
        if (-not $there) { return New-Absent 'value' }
        $kind = [int]$key.GetValueKind($p['name'])
        $data = $key.GetValue($p['name'], $null, [Microsoft.Win32.RegistryValueOptions]::DoNotExpandEnvironmentNames)
    } finally { $key.Close() }
    # Kinds are those of Microsoft.Win32.RegistryValueKind; .NET gives its numbers signed, the registry's have no sign.
    if ($kind -eq 1 -and $data -is [string]) { return New-Observed @{ type = 'REG_SZ'; data = $data } }
    if ($kind -eq 2 -and $data -is [string]) { return New-Observed @{ type = 'REG_EXPAND_SZ'; data = $data } }
    if ($kind -eq 3 -and $data -is [byte[]]) { return New-Observed @{ type = 'REG_BINARY'; data = (Get-Hex $data) } }
    if ($kind -eq 7 -and $data -is [string[]]) { return New-Observed @{ type = 'REG_MULTI_SZ'; data = $data } }
    if ($kind -eq 4 -and $data -is [int]) {
        return New-Observed @{ type = 'REG_DWORD'; data = [BitConverter]::ToUInt32([BitConverter]::GetBytes($data), 0) }
    }
    if ($kind -eq 11 -and $data -is [long]) {
        $number = [BitConverter]::ToUInt64([BitConverter]::GetBytes($data), 0)
        return New-Observed @{ type = 'REG_QWORD'; data = $number.ToString($Invariant) }
    }
    return New-Observed (Get-RareValue $p)
}
