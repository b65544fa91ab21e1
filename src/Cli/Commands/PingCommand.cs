using System.CommandLine;
using System.Globalization;
using Iggy.Cli.Output;

namespace Iggy.Cli.Commands;

/// <summary><c>iggy ping</c>: works without login.</summary>
internal static class PingCommand
{
    public static Command Create(CommandFactory factory)
    {
        var count = new Option<int>("--count", "-c") { Description = "Pings to send, one after the other. Default: 1.", HelpName = "n", DefaultValueFactory = _ => 1 };
        count.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<int>() < 1)
                result.AddError("--count must be 1 or more.");
        });
        return factory.Create("ping", null, "Check that the server answers, and how fast. Needs no login.", needsLogin: false, (session, cancellationToken) => RunAsync(session, session.Get(count), cancellationToken), count);
    }

    private static async Task RunAsync(Session session, int count, CancellationToken cancellationToken)
    {
        var clock = session.Surroundings.Clock;
        var (min, max, sum, sumOfSquares) = (double.MaxValue, 0.0, 0.0, 0.0);
        for (var i = 1; i <= count; i++)
        {
            var started = clock.GetTimestamp();
            await session.Client.PingAsync(cancellationToken);
            var ms = clock.GetElapsedTime(started).TotalMilliseconds;
            session.Printer.Say(string.Create(CultureInfo.InvariantCulture, $"Ping sequence {i} time {ms:0.000} ms"));
            (min, max, sum, sumOfSquares) = (Math.Min(min, ms), Math.Max(max, ms), sum + ms, sumOfSquares + (ms * ms));
        }

        var average = sum / count;
        var deviation = Math.Sqrt(Math.Max(0, (sumOfSquares / count) - (average * average))); // rounding may bring it below 0
        var result = new PingJson(count, min, average, max, deviation);
        if (session.Printer.IsDocument)
            session.Printer.Json(result, CliJson.Default.PingJson);
        else
            await session.Surroundings.Out.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"Ping statistics for {count} pings: min/avg/max/mdev = {min:0.000}/{average:0.000}/{max:0.000}/{deviation:0.000} ms"));
    }
}
