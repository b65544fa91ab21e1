using System.CommandLine;
using System.Globalization;
using Iggy.Cli.Help;
using Iggy.Cli.Output;
using Iggy.Cli.Values;
using Iggy.Client;

namespace Iggy.Cli.Commands;

/// <summary><c>iggy ping</c>: works without login, and can wait for a server that is still starting.</summary>
internal static class PingCommand
{
    // Tries follow each other slower and slower: quick when a server is about to answer, cheap when nobody is there.
    private static readonly TimeSpan _firstPause = TimeSpan.FromMilliseconds(50), _longestPause = TimeSpan.FromSeconds(1), _longestTry = TimeSpan.FromSeconds(5);

    public static Command Create(CommandFactory factory)
    {
        var count = new Option<int>("--count", "-c") { Description = "Pings to send, one after the other. Default: 1.", HelpName = "n", DefaultValueFactory = _ => 1 };
        count.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<int>() < 1)
                result.AddError("--count must be 1 or more.");
        });
        var wait = new Option<string?>("--wait", "-w")
        {
            Description = "Wait until the server takes requests, so long at most. Default: 60s.",
            HelpName = "duration",
            Arity = ArgumentArity.ZeroOrOne,
        };
        return factory.CreateUnconnected(
            "ping",
            null,
            "Check that the server answers, and how fast. Needs no login.",
            needsLogin: false,
            async (invocation, connect, cancellationToken) =>
            {
                await using var client = invocation.IsGiven(wait)
                    ? await WaitAsync(invocation, connect, Durations.ParseSpan(invocation.Get(wait) ?? "60s", "--wait"), cancellationToken)
                    : await invocation.Surroundings.Connect(connect, cancellationToken);
                await RunAsync(invocation, client, invocation.Get(count), cancellationToken);
            },
            count,
            wait).WithExamples(
            "iggy ping --count 5",
            "iggy ping --wait 30s    # goes on once a starting server takes requests, or ends with 3");
    }

    // A server opens its listeners last, so one that answers a ping takes every request.
    private static async Task<IggyClient> WaitAsync(Invocation invocation, IggyClientOptions connect, TimeSpan limit, CancellationToken cancellationToken)
    {
        var clock = invocation.Surroundings.Clock;
        var (started, pause, fault) = (clock.GetTimestamp(), _firstPause, "");
        while (true)
        {
            var left = limit - clock.GetElapsedTime(started);
            if (left <= TimeSpan.Zero)
                throw new CommandException(ExitCode.NoConnection, $"{connect.Address} was not ready within {Durations.Format((ulong)limit.TotalMicroseconds)}. {fault}".TrimEnd());
            var patience = left < _longestTry ? left : _longestTry;
            try
            {
                return await TryAsync(invocation.Surroundings, connect with { ConnectTimeout = patience, RequestTimeout = patience, Reconnect = ReconnectPolicy.Off }, cancellationToken);
            }
            catch (Exception e) when (e is IggyConnectionException or TimeoutException)
            {
                fault = e.Message;
            }
            left = limit - clock.GetElapsedTime(started);
            if (left > TimeSpan.Zero)
                await Task.Delay(left < pause ? left : pause, clock, cancellationToken);
            pause = pause * 2 < _longestPause ? pause * 2 : _longestPause;
        }
    }

    private static async Task<IggyClient> TryAsync(Surroundings surroundings, IggyClientOptions connect, CancellationToken cancellationToken)
    {
        var client = await surroundings.Connect(connect, cancellationToken);
        try
        {
            await client.PingAsync(cancellationToken);
            return client;
        }
        catch
        {
            await client.DisposeAsync();
            throw;
        }
    }

    private static async Task RunAsync(Invocation invocation, IggyClient client, int count, CancellationToken cancellationToken)
    {
        var clock = invocation.Surroundings.Clock;
        var (min, max, sum, sumOfSquares) = (double.MaxValue, 0.0, 0.0, 0.0);
        for (var i = 1; i <= count; i++)
        {
            var started = clock.GetTimestamp();
            await client.PingAsync(cancellationToken);
            var ms = clock.GetElapsedTime(started).TotalMilliseconds;
            invocation.Printer.Say(string.Create(CultureInfo.InvariantCulture, $"Ping sequence {i} time {ms:0.000} ms"));
            (min, max, sum, sumOfSquares) = (Math.Min(min, ms), Math.Max(max, ms), sum + ms, sumOfSquares + (ms * ms));
        }

        var average = sum / count;
        var deviation = Math.Sqrt(Math.Max(0, (sumOfSquares / count) - (average * average))); // rounding may bring it below 0
        var result = new PingJson(count, min, average, max, deviation);
        if (invocation.Printer.IsDocument)
            invocation.Printer.Json(result, CliJson.Default.PingJson);
        else
            await invocation.Surroundings.Out.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"Ping statistics for {count} pings: min/avg/max/mdev = {min:0.000}/{average:0.000}/{max:0.000}/{deviation:0.000} ms"));
    }
}
