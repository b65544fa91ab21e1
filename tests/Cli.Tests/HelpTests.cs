using System.CommandLine;

namespace Iggy.Cli.Tests;

/// <summary>Every command explains itself, and faults are told in plain words.</summary>
public sealed class HelpTests
{
    private static async Task<string> HelpAsync(string path)
    {
        using var tool = new Tool();
        var result = await tool.RunAsync($"{path} --help");
        Assert.Equal((ExitCode.Ok, ""), (result.Code, result.Error));
        Assert.Empty(result.Requests);
        return result.Out;
    }

    /// <summary>The words that call each command.</summary>
    public static TheoryData<string> Paths => [.. Walk(IggyCommand.Create(new Surroundings { Out = TextWriter.Null, Error = TextWriter.Null, OpenInput = () => Stream.Null, Variable = _ => null, AskPassword = _ => null }), "")];

    private static IEnumerable<string> Walk(Command command, string path) =>
        command.Subcommands.SelectMany(one => Walk(one, $"{path} {one.Name}".Trim())).Prepend(path);

    // Goal: what a command has of its own stands before anything else, and nothing of the connection between. Method: help of each path in the tree.
    [Theory]
    [MemberData(nameof(Paths))]
    public async Task Help_OfACommand_HasItsOwnOptionsAndNoneOfTheConnection(string path)
    {
        var help = await HelpAsync(path);
        Assert.Contains("Usage:", help, StringComparison.Ordinal);
        if (path.Length == 0)
            return;
        Assert.DoesNotContain("--tcp-server-address", help, StringComparison.Ordinal);
        Assert.Contains("see 'iggy --help'", help, StringComparison.Ordinal);
    }

    // Goal: no command has one short name for two options. Those of the whole tool give way to the command's own, and its help says so.
    [Theory]
    [MemberData(nameof(Paths))]
    public void Options_OfACommand_HaveNamesOfTheirOwn(string path)
    {
        Command command = IggyCommand.Create(new Surroundings { Out = TextWriter.Null, Error = TextWriter.Null, OpenInput = () => Stream.Null, Variable = _ => null, AskPassword = _ => null });
        foreach (var word in path.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            command = command.Subcommands.Single(one => one.Name == word);
        var names = command.Options.SelectMany(option => option.Aliases.Append(option.Name)).ToArray();
        Assert.Equal(names.Distinct(), names);
        Assert.All(command.Options.Where(option => !option.Hidden), option => Assert.False(string.IsNullOrEmpty(option.Description), option.Name));
    }

    [Fact]
    public async Task Help_OfTheTool_HasExitCodesAndTheConnection()
    {
        var help = await HelpAsync("");
        Assert.Matches(@"(?s)Exit codes:.*4\s+what was asked for does not exist.*Commands:.*Options of every command:.*--password.*Connection options:.*--tcp-server-address", help);
    }

    [Theory]
    [InlineData("message poll")]
    [InlineData("message send")]
    [InlineData("topic create")]
    [InlineData("ping")]
    public async Task Help_OfAMainCommand_HasExamples(string path)
    {
        var help = await HelpAsync(path);
        Assert.Contains($"  iggy {path}", help[help.IndexOf("Examples:", StringComparison.Ordinal)..], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Help_ShortNameOfTheCommandsOwn_IsToldFromTheTools() =>
        Assert.Contains("Behind 'send', -p is --partition-id; write --password in full.", await HelpAsync("message send"), StringComparison.Ordinal);

    [Theory]
    [InlineData("topic create s t many none", "'many' can't be PARTITIONS; expected a whole number from 0 to 4294967295.")]
    [InlineData("message poll s t 0 -o first", "'first' can't be --offset; expected a whole number, 0 or more.")]
    [InlineData("message poll s t zero", "'zero' can't be PARTITION; expected a whole number from 0 to 4294967295.")]
    [InlineData("topic create s t 1 none -r 300", "'300' can't be --replication-factor; expected a whole number from 0 to 255.")]
    [InlineData("message send s t -H k:int8:300 x", "'k:int8:300' is no header: '300' can't be int8.")]
    public async Task Fault_IsToldInPlainWords(string arguments, string expected)
    {
        using var tool = new Tool();
        var result = await tool.RunAsync(arguments);
        Assert.Equal(ExitCode.Usage, result.Code);
        Assert.Contains(expected, result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Fault_NamesTheHelpOfItsCommand()
    {
        using var tool = new Tool();
        Assert.EndsWith("See iggy stream create --help." + Environment.NewLine, (await tool.RunAsync("stream create")).Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Value_TheProtocolCannotCarry_IsToldInPlainWords()
    {
        using var tool = new Tool();
        var result = await tool.RunAsync($"stream create {new string('x', 256)}");
        Assert.Equal(ExitCode.Usage, result.Code);
        Assert.DoesNotContain("Parameter", result.Error, StringComparison.Ordinal);
    }
}
