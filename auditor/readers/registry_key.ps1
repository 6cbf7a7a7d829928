# needs: registry
# needs: native_registry
# One key: when it was last written (a FILETIME), and the names of its values and sub-keys.
function Read-registry_key($p) {
    $key = Open-RegistryKey $p
    if ($null -eq $key) { return New-Absent 'key' }
    try {
        $values = $key.GetValueNames()
        $subkeys = $key.GetSubKeyNames()
    } finally { $key.Close() }
    $time = $null
    $problem = ''
    # The time needs more than .NET; without it the names are still worth telling.
    try { $time = Get-LastWrite $p } catch { $problem = (New-Failure $_)['reason'] }
    return New-Observed @{ last_write = $time; last_write_error = $problem; values = $values; subkeys = $subkeys }
}
