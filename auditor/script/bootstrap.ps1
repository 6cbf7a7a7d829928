$ErrorActionPreference = 'Stop'
$mode = "$($ExecutionContext.SessionState.LanguageMode)"
if ($mode -and $mode -ne 'FullLanguage') { "AUDITOR-REFUSED $mode"; exit 1 }
& ([ScriptBlock]::Create([Console]::In.ReadToEnd()))
