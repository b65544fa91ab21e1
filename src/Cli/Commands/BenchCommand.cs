using System.CommandLine;
using System.Security.Cryptography;
using Iggy.Cli.Benchmarks;
using Iggy.Cli.Help;
using Iggy.Cli.Output;

namespace Iggy.Cli.Commands;

/// <summary><c>iggy bench</c>: how much a server takes and gives.</summary>
internal sealed class BenchCommand
{
    // The time of each is kept, in four bytes.
    private const long MostRequests = 10_000_000;

    private readonly Option<long> _messages = new("--messages") { Description = "Messages to send and poll. Default: 1000000.", HelpName = "n", DefaultValueFactory = _ => 1_000_000 };
    private readonly Option<int> _size = Number("--message-size", "Payload of each, in bytes. Default: 1000.", 1000, 1_000_000);
    private readonly Option<int> _batch = Number("--batch-size", "Messages of a request. Default: 1000.", 1000, 100_000);
    private readonly Option<int> _producers = Number("--producers", "Connections that send. Default: 4.", 4, 256);
    private readonly Option<int> _consumers = Number("--consumers", "Connections that poll. Default: 4.", 4, 256);
    private readonly Option<int> _partitions = Number("--partitions", "Partitions of the topic. Default: 4.", 4, 1000);
    private readonly Option<string?> _html = new("--html") { Description = "Write a page with figures and charts to this file.", HelpName = "file" };
    private readonly Option<bool> _keep = new("--keep") { Description = "Leave the stream of the benchmark there." };

    public static Command Create(CommandFactory factory)
    {
        var symbols = new BenchCommand();
        symbols._messages.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<long>() is < 1 or > 1_000_000_000)
                result.AddError("--messages must be 1 to 1000000000.");
        });
        return factory.Create(
            "bench",
            null,
            "Measure the server: send messages into a stream of their own, poll them back, remove it.",
            symbols.RunAsync,
            symbols._messages,
            symbols._size,
            symbols._batch,
            symbols._producers,
            symbols._consumers,
            symbols._partitions,
            symbols._html,
            symbols._keep).WithExamples(
            "iggy bench",
            "iggy bench --messages 10000000 --message-size 200 --producers 8 --html report.html");
    }

    private static Option<int> Number(string name, string description, int usual, int most)
    {
        var option = new Option<int>(name) { Description = description, HelpName = "n", DefaultValueFactory = _ => usual };
        option.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<int>() < 1 || result.GetValueOrDefault<int>() > most)
                result.AddError($"{name} must be 1 to {most}.");
        });
        return option;
    }

    private async Task RunAsync(Session session, CancellationToken cancellationToken)
    {
        var plan = new BenchmarkPlan(session.Get(_messages), session.Get(_size), session.Get(_batch), session.Get(_producers), session.Get(_consumers), session.Get(_partitions));
        if ((long)plan.MessageSize * plan.BatchSize > 60_000_000)
            throw new CommandException(ExitCode.Usage, "A request would have more than 60 MB; make --batch-size or --message-size smaller.");
        if (plan.Messages / plan.BatchSize > MostRequests)
            throw new CommandException(ExitCode.Usage, $"These are more than {MostRequests} requests, each with a time to keep; make --batch-size larger or --messages fewer.");
        var name = $"bench-{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(4))}";
        await session.Client.CreateStreamAsync(name, cancellationToken);
        try
        {
            await session.Client.CreateTopicAsync(new(name), "t", (uint)plan.Partitions, cancellationToken: cancellationToken);
            var benchmark = new Benchmark(plan, token => session.Surroundings.Connect(session.Connection, token), new(name), new("t"), session.Surroundings.Clock);
            await session.Client.GetStatsAsync(cancellationToken); // the use of the processor is told since the last time somebody asked
            var sent = await benchmark.SendAsync(cancellationToken);
            Tell(session, sent);
            var stats = await session.Client.GetStatsAsync(cancellationToken);
            var polled = await benchmark.PollAsync(cancellationToken);
            Tell(session, polled);
            var report = new BenchmarkJson(
                session.Server, stats.ServerVersion, plan.Producers, plan.Consumers, plan.Partitions, plan.MessageSize, plan.BatchSize, stats.CpuPercent, stats.MemoryBytes, [sent, polled]);
            if (session.Printer.IsDocument)
                session.Printer.Json(report, CliJson.Default.BenchmarkJson);
            if (session.Get(_html) is { } file)
            {
                await File.WriteAllTextAsync(file, BenchmarkPage.Of(report), cancellationToken);
                session.Printer.Say($"Written to {file}.");
            }
        }
        finally
        {
            if (!session.Get(_keep))
                await session.Client.DeleteStreamAsync(new(name), CancellationToken.None);
        }
    }

    private static void Tell(Session session, MeasurementJson run)
    {
        session.Printer.Say($"{run.Name}:");
        foreach (var (title, text) in Measurement.Lines(run))
            session.Printer.Say($"  {title}: {text}");
    }
}
