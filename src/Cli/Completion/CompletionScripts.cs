namespace Iggy.Cli.Completion;

/// <summary>Scripts by which a shell completes command lines: they ask the tool itself, so that they never grow old.</summary>
internal static class CompletionScripts
{
    /// <summary>Shells that there is a script for.</summary>
    public static readonly string[] Shells = ["bash", "zsh", "fish", "pwsh"];

    /// <summary>The script of a shell.</summary>
    public static string Of(string shell) => shell switch
    {
        "bash" => Bash,
        "zsh" => Zsh,
        "fish" => Fish,
        _ => PowerShell,
    };

    private const string Bash = """
        # iggy completion bash >> ~/.bashrc
        _iggy_complete() {
            local line="${COMP_LINE:0:COMP_POINT}"
            case "$line" in *' '*) line="${line#* }" ;; *) line="" ;; esac
            local IFS=$'\n'
            COMPREPLY=($(compgen -W "$(iggy "[suggest:${#line}]" "$line" 2>/dev/null)" -- "${COMP_WORDS[COMP_CWORD]}"))
        }
        complete -o default -F _iggy_complete iggy
        """;

    private const string Zsh = """
        #compdef iggy
        # iggy completion zsh > "${fpath[1]}/_iggy"
        _iggy() {
            local line="${BUFFER[1,CURSOR]}"
            if [[ "$line" == *' '* ]]; then line="${line#* }"; else line=""; fi
            local -a found
            found=("${(@f)$(iggy "[suggest:${#line}]" "$line" 2>/dev/null)}")
            compadd -- $found || _files
        }
        compdef _iggy iggy
        """;

    private const string Fish = """
        # iggy completion fish > ~/.config/fish/completions/iggy.fish
        function __iggy_complete
            set -l line (string replace -r '^\S+\s*' '' -- (commandline -cp))
            iggy "[suggest:"(string length -- "$line")"]" "$line" 2>/dev/null
        end
        complete -c iggy -a '(__iggy_complete)'
        """;

    private const string PowerShell = """
        # iggy completion pwsh >> $PROFILE
        Register-ArgumentCompleter -Native -CommandName iggy -ScriptBlock {
            param($wordToComplete, $commandAst, $cursorPosition)
            $line = $commandAst.ToString()
            if ($line.Length -lt $cursorPosition) { $line += ' ' * ($cursorPosition - $line.Length) }
            $line = $line.Substring(0, $cursorPosition) -replace '^\S+\s*', ''
            iggy "[suggest:$($line.Length)]" "$line" 2>$null | Where-Object { $_ -like "$wordToComplete*" } | ForEach-Object {
                [System.Management.Automation.CompletionResult]::new($_, $_, 'ParameterValue', $_)
            }
        }
        """;
}
