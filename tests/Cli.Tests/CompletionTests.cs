using System.Diagnostics;

namespace Iggy.Cli.Tests;

/// <summary>Completion scripts, and the shell that runs one.</summary>
public sealed class CompletionTests
{
    [Theory]
    [InlineData("bash", "complete -o default -F")]
    [InlineData("zsh", "compdef")]
    [InlineData("fish", "complete -c iggy")]
    [InlineData("pwsh", "Register-ArgumentCompleter")]
    public async Task Script_OfEachShell_IsPrinted(string shell, string expected)
    {
        using var tool = new Tool();
        tool.Variables.Clear();
        foreach (var arguments in (string[])[$"completion {shell}", $"--generate {shell}"])
        {
            var result = await tool.RunAsync(arguments);
            Assert.Equal((ExitCode.Ok, ""), (result.Code, result.Error));
            Assert.Contains(expected, result.Out, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Script_OfAnotherShell_IsUsage()
    {
        using var tool = new Tool();
        Assert.Equal(ExitCode.Usage, (await tool.RunAsync("completion tcsh")).Code);
    }

    // Goal: what bash offers is what the tool has. Method: bash itself, with the words as it sets them.
    [Theory]
    [InlineData("iggy str", "stream")]
    [InlineData("iggy topic cr", "create")]
    [InlineData("iggy message poll --until", "--until-end")]
    public async Task Bash_CompletesTheWord(string line, string expected)
    {
        Assert.SkipUnless(File.Exists("/bin/bash"), "There is no bash.");
        using var tool = new Tool();
        var script = (await tool.RunAsync("completion bash")).Out;
        const string Words = "${COMPREPLY[@]}";
        var words = line.Split(' ');
        var commands = $"""
            PATH="{AppContext.BaseDirectory}:$PATH"
            {script}
            COMP_LINE='{line}'; COMP_POINT={line.Length}; COMP_WORDS=({line}); COMP_CWORD={words.Length - 1}
            _iggy_complete
            printf '%s\n' "{Words}"
            """;
        var start = new ProcessStartInfo("/bin/bash", ["-c", commands]) { RedirectStandardOutput = true };
        using var bash = Process.Start(start)!;
        Assert.Equal(expected, (await bash.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken)).Trim());
    }
}
