using Spectre.Console;

namespace Iggy.Cli.Output;

/// <summary>Shows on standard error how far a long command is, if that is a terminal.</summary>
internal static class Progress
{
    /// <summary>Runs a long step. It reports the messages done so far as often as it likes.</summary>
    public static async Task<T> RunAsync<T>(Surroundings surroundings, bool isQuiet, string what, Func<Action<long>, Task<T>> step)
    {
        if (isQuiet || !surroundings.IsErrorTerminal)
            return await step(_ => { });

        var console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(surroundings.Error) });
        return await console.Status().StartAsync(what, context => step(done => context.Status = $"{what}: {done:N0} messages"));
    }
}
