using Iggy.Client;
using Spectre.Console;

namespace Iggy.Cli;

/// <summary>Everything outside the tool that it touches, so that tests can stand in for it.</summary>
internal sealed record Surroundings
{
    /// <summary>For data.</summary>
    public required TextWriter Out { get; init; }

    /// <summary>For faults, questions and progress.</summary>
    public required TextWriter Error { get; init; }

    /// <summary>Opens standard input.</summary>
    public required Func<Stream> OpenInput { get; init; }

    /// <summary>Reads an environment variable; null when it is not set.</summary>
    public required Func<string, string?> Variable { get; init; }

    /// <summary>Asks somebody for a password, with the question given; null when nobody is there.</summary>
    public required Func<string, string?> AskPassword { get; init; }

    /// <summary>Whether standard output is a terminal, so that tables are fitted to it.</summary>
    public bool IsOutTerminal { get; init; }

    /// <summary>Whether standard error is a terminal, so that progress can be drawn on it.</summary>
    public bool IsErrorTerminal { get; init; }

    /// <summary>Columns of the terminal that standard output is; null where it is none.</summary>
    public int? Width { get; init; }

    /// <summary>Connects.</summary>
    public Func<IggyClientOptions, CancellationToken, Task<IggyClient>> Connect { get; init; } = IggyClient.ConnectAsync;

    /// <summary>Measures.</summary>
    public TimeProvider Clock { get; init; } = TimeProvider.System;

    /// <summary>Those of this process.</summary>
    public static Surroundings OfProcess() => new()
    {
        Out = ProcessOutput.Open(),
        Error = Console.Error,
        OpenInput = Console.OpenStandardInput,
        Variable = Environment.GetEnvironmentVariable,
        AskPassword = AskOnTerminal,
        IsOutTerminal = !Console.IsOutputRedirected,
        Width = Console.IsOutputRedirected ? null : Console.WindowWidth,
        IsErrorTerminal = !Console.IsErrorRedirected,
    };

    private static string? AskOnTerminal(string question)
    {
        if (Console.IsInputRedirected || Console.IsErrorRedirected)
            return null;
        var console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Error) });
        return console.Prompt(new TextPrompt<string>(Markup.Escape(question)).Secret(null));
    }
}
