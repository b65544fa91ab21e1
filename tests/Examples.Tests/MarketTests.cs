using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Iggy.Client;
using Iggy.Examples.MarketAnalytics;
using Iggy.Examples.MarketAnalytics.Exchange;
using Iggy.Examples.MarketAnalytics.Processing;
using Iggy.Protocol;

namespace Iggy.Examples.Tests;

/// <summary>All parts as processes, each killed in turn: every trade counts once, and the result is that of the batch computation.</summary>
[Trait("kind", "process")]
public sealed class MarketTests
{
    private const int Seed = 11;
    private const int Trades = 40_000; // nearly seven minutes of the market
    private static readonly TimeSpan s_look = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan s_limit = TimeSpan.FromMinutes(2); // for what takes seconds: a fault ends the test, a loaded machine does not
    private static readonly Consumer s_nobody = new(ConsumerKind.Single, new("checker"));

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Market_WhoseEveryPartIsKilled_CountsEachTradeOnce()
    {
        var data = Directory.CreateTempSubdirectory("market-").FullName;
        var running = new List<MarketProcess>();
        try
        {
            var address = $"127.0.0.1:{FreePort()}";
            async Task<MarketProcess> StartAsync(string? readyLine, params string[] arguments)
            {
                var (process, _) = await MarketProcess.StartAsync(readyLine, arguments);
                running.Add(process);
                return process;
            }

            Task<MarketProcess> ServeAsync() => StartAsync("Server at ", "server", "--data", data, "--address", address);
            var to = $"iggy://iggy:iggy@{address}";
            // Fast enough to end soon, slow enough that every kill finds work under way.
            Task<MarketProcess> FeedAsync() => StartAsync(null, "source", "--server", to, "--seed", $"{Seed}", "--speed", "40", "--trades", $"{Trades}");
            Task<MarketProcess> WorkAsync() => StartAsync(null, "process", "--server", to);

            var server = await ServeAsync();
            await using var client = await ConnectAsync(to);
            await Market.CreateAsync(client, Token);
            var feed = await FeedAsync();
            var (one, other) = (await WorkAsync(), await WorkAsync());

            await UntilCountedAsync(client, Trades / 10, running);
            await feed.KillAsync();
            feed = await FeedAsync();
            await UntilCountedAsync(client, Trades / 5, running);
            await one.KillAsync();
            await WorkAsync();
            await UntilCountedAsync(client, Trades / 3, running);
            await server.KillAsync();
            await ServeAsync();
            await UntilCountedAsync(client, Trades / 2, running);
            await other.KillAsync();
            await feed.KillAsync();
            await WorkAsync();
            feed = await FeedAsync();
            Assert.Equal(0, await feed.WaitAsync());
            await UntilCountedAsync(client, Trades, running);

            await CheckAsync(client);
        }
        finally
        {
            foreach (var process in running)
                await process.DisposeAsync();
            Directory.Delete(data, recursive: true);
        }
    }

    private static async Task CheckAsync(IggyClient client)
    {
        var events = new SyntheticExchange(Seed).Events().TakeWhile(static one => one.Trade.Sequence <= Trades).ToList();
        var found = new List<Anomaly>();
        for (uint partition = 0; partition < Market.Partitions; partition++)
        {
            var trades = await TradesAsync(client, partition);
            var told = partition;
            Assert.Equal(events.Select(static one => one.Trade).Where(trade => Market.PartitionOf(trade.Symbol) == told), trades);

            var candles = new List<Candle>();
            ulong next = 0;
            foreach (var step in await StepsAsync(client, partition))
            {
                Assert.Equal(next, step.From);
                next = step.State.Next;
                candles.AddRange(step.Candles);
                found.AddRange(step.Anomalies);
            }
            Assert.Equal((ulong)trades.Count, next);
            Assert.Equal(BatchComputation.Candles(trades), BatchComputation.InOrder(candles));
        }
        var end = events[^1].DeliveryMicros - 10_000_000;
        var injected = events.Where(one => one.Injection is { } injection && injection.TimeMicros < end).Select(static one => one.Injection!).ToList();
        Assert.InRange(injected.Count, 10, 20);
        Assert.All(injected, injection => Assert.Contains(found, anomaly => AnalysisTests.Is(anomaly, injection)));
    }

    private static async Task UntilCountedAsync(IggyClient client, long trades, List<MarketProcess> running)
    {
        var began = TimeProvider.System.GetTimestamp();
        for (var counted = 0L; counted < trades; await Task.Delay(s_look, Token))
        {
            Assert.True(TimeProvider.System.GetElapsedTime(began) < s_limit,
                $"{counted} of {trades} were counted. {string.Join('\n', running.Select(static process => process.ToString()))}");
            counted = 0;
            for (uint partition = 0; partition < Market.Partitions; partition++)
            {
                try
                {
                    counted += (long)(await new Ledger(client, partition).LoadAsync(Token)).Next;
                }
                catch (IggyConnectionException)
                {
                    counted = 0; // the server is being started again
                    break;
                }
            }
        }
    }

    private static async Task<List<Trade>> TradesAsync(IggyClient client, uint partition)
    {
        var trades = new List<Trade>();
        while (true)
        {
            using var polled = await client.PollMessagesAsync(
                s_nobody, Market.Stream, Market.Trades, partition, PollingStrategy.FromOffset((ulong)trades.Count), 10_000, cancellationToken: Token);
            if (polled.Count == 0)
                return trades;
            foreach (var message in polled)
                trades.Add(JsonSerializer.Deserialize(message.Payload.Span, MarketJson.Default.Trade)!);
        }
    }

    private static async Task<List<Checkpoint>> StepsAsync(IggyClient client, uint partition)
    {
        var steps = new List<Checkpoint>();
        for (ulong next = 0; ;)
        {
            var read = await Ledger.ReadAsync(client, partition, next, 1000, Token);
            if (read.Count == 0)
                return steps;
            steps.AddRange(read.Where(static step => step.Checkpoint.CountsAt(step.Offset)).Select(static step => step.Checkpoint));
            next = read[^1].Offset + 1;
        }
    }

    private static Task<IggyClient> ConnectAsync(string address)
    {
        var options = IggyClientOptions.Parse(address);
        return IggyClient.ConnectAsync(options with { Reconnect = options.Reconnect with { FirstAttempts = 20 } }, Token);
    }

    private static int FreePort()
    {
        using var probe = new TcpListener(IPAddress.Loopback, 0);
        probe.Start();
        return ((IPEndPoint)probe.LocalEndpoint).Port;
    }
}
