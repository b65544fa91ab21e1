using System.Diagnostics;
using System.Globalization;
using System.Net;
using Iggy.Bench.Throughput;
using Iggy.Testing;

// One command, ratios only: the server beside a bare socket server on the same machine in the same run. Absolute figures of a
// shared machine are noise and are printed only to show that the load was real.
//
//   dotnet run -c Release --project bench/throughput            everything
//   dotnet run -c Release --project bench/throughput -- quick   one short round
//   dotnet run -c Release --project bench/throughput -- http    JSON over HTTP beside frames over TCP
//   dotnet run -c Release --project bench/throughput -- at-rest compression and encryption on disk beside a server without
//   dotnet run -c Release --project bench/throughput -- websocket   WebSocket beside TCP, the same server
//   dotnet run -c Release --project bench/throughput -- dialects the newer dialect beside the classic one
//   dotnet run -c Release --project bench/throughput -- in-flight   64 sends of the 0.12 line under way on one connection beside one at a time; delivery to a poll that waits; 10,000 of them
//   dotnet run -c Release --project bench/throughput -- quic    QUIC beside TCP
//   dotnet run -c Release --project bench/throughput -- grpc    gRPC beside TCP
//   dotnet run -c Release --project bench/throughput -- tracing a server that sends one trace in a hundred beside one that sends none
//   dotnet run -c Release --project bench/throughput -- waiting consumers that wait at the server beside those that ask again and again
//   dotnet run -c Release --project bench/throughput -- cold http://127.0.0.1:9000 1024   messages that are in a bucket alone: MB to read
//   dotnet run -c Release --project bench/throughput -- fresh   what a server does right after its start; "fresh all" beside other settings of the runtime

CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
if (args is ["bare"])
{
    BareServer.Run();
    return 0;
}

if (args is ["at-rest"])
{
    await AtRest.RunAsync(rounds: 5, TimeSpan.FromSeconds(1));
    return 0;
}

if (args is ["fresh", ..])
{
    await FreshServer.RunAsync(rounds: 3, all: args is [_, "all"]);
    return 0;
}

if (args is ["websocket"])
{
    await WebSocketBesideTcp.RunAsync(rounds: 7, TimeSpan.FromSeconds(1));
    return 0;
}

if (args is ["dialects"])
{
    await Dialects.RunAsync(rounds: 7, TimeSpan.FromSeconds(1));
    return 0;
}
if (args is ["in-flight", ..])
{
    await InFlight.RunAsync(rounds: args is [_, "quick"] ? 1 : 5, TimeSpan.FromSeconds(1));
    return 0;
}
if (args is ["tracing", ..])
{
    await Tracing.RunAsync(rounds: args is [_, "quick"] ? 3 : 15, TimeSpan.FromSeconds(1));
    return 0;
}
if (args is ["waiting"])
{
    await Waiting.RunAsync(consumers: 20, rounds: 200, TimeSpan.FromSeconds(20));
    return 0;
}
if (args is ["quic", ..])
    return await QuicBesideTcp.RunAsync(args is [_, "quick"] ? 1 : 5);

if (args is ["grpc", ..])
{
    await GrpcBesideTcp.RunAsync(args is [_, "quick"] ? 1 : 7);
    return 0;
}

if (args is ["cold", var url, var megabytes])
{
    await ColdBesideDownload.RunAsync(url, int.Parse(megabytes, CultureInfo.InvariantCulture));
    return 0;
}

if (args is ["http"])
{
    await HttpBesideTcp.RunAsync(rounds: 5);
    return 0;
}

// What one measurement sends: 400 MB, well inside one segment, so that every page of a recycled file is warm.
const int WarmBatches = 400;
var rounds = args is ["quick"] ? 1 : 5;
var duration = TimeSpan.FromSeconds(args is ["quick"] ? 1 : 2);

using var bare = await BareProcess.StartAsync();
await using var server = await ServerProcess.StartAsync();
try
{
    using var ceiling = new LoadClient(bare.EndPoint);
    using var client = new LoadClient(server.Tcp);
    client.Ask(RawClient.Frame(38, RawClient.Login(ServerProcess.Username, ServerProcess.Password)));
    client.Ask(RawClient.Frame(202, RawClient.Name("bench")));
    client.Ask(RawClient.Frame(302, RawClient.NewTopic(RawClient.Id(0), "bench", 1)));

    var batch = Requests.Send(messages: 1000, payloadBytes: 1000);
    var single = Requests.Send(messages: 1, payloadBytes: 100);
    var few = Requests.Send(messages: 100, payloadBytes: 10_000);
    var purge = RawClient.Frame(305, RawClient.Id(0), RawClient.Id(0));

    double WarmSends(int count)
    {
        client.Ask(purge); // the retired file is used again: its pages are warm
        return client.RateOf(batch, count);
    }

    // Warm-up: compiled code, and a segment file whose pages exist.
    ceiling.RateOf(batch, WarmBatches);
    for (var i = 0; i < 3; i++)
        WarmSends(WarmBatches);
    client.Rate(single, duration);

    Console.WriteLine($"{rounds} rounds, bare socket and server in turn");
    Report.Ratio("send 1000 x 1 KB, one connection", "MB/s", batch.Length / 1e6, rounds,
        () => ceiling.RateOf(batch, WarmBatches), () => WarmSends(WarmBatches));
    Report.Ratio("poll 1000 x 1 KB, one connection", "MB/s", batch.Length / 1e6, rounds,
        () => ceiling.RateOf(batch, WarmBatches), () => Requests.PollAround(client, duration, WarmBatches));
    Report.Ratio("send 1 x 100 B, one connection", "requests/s", 1, rounds,
        () => ceiling.Rate(single, duration), () => client.Rate(single, duration));

    var watch = new RuntimeWatch(server.ProcessId);
    Report.Allocations("send 1000 x 1 KB", await watch.AllocatedPerRequestAsync(() => Requests.During(duration * 3, () => { WarmSends(100); return 100; })));
    Report.Allocations("send 100 x 10 KB", await watch.AllocatedPerRequestAsync(() => Requests.During(duration * 3, () => { client.Ask(purge); client.RateOf(few, 100); return 100; })));
    Report.Allocations("send 1 x 100 B", await watch.AllocatedPerRequestAsync(() => Requests.During(duration * 3, () => { client.RateOf(single, 1000); return 1000; })));
    WarmSends(WarmBatches);
    Report.Allocations("poll 1000 x 1 KB", await watch.AllocatedPerRequestAsync(() => Requests.During(duration * 3, () => (long)(Requests.PollAround(client, TimeSpan.FromSeconds(0.2), WarmBatches) * 0.2))));

    var thousands = args is ["quick"] ? 1_000 : 10_000;
    var before = await watch.Gen2BytesAsync(() => WarmSends(100));
    for (var sent = 0; sent < thousands; sent += WarmBatches)
        WarmSends(Math.Min(WarmBatches, thousands - sent));
    var after = await watch.Gen2BytesAsync(() => WarmSends(100));
    Console.WriteLine($"generation 2 of the server had {before / 1e6:0.0} MB before and {after / 1e6:0.0} MB after {thousands:N0},000 messages of 1 KB");
    return 0;
}
finally
{
    await server.DisposeAsync();
    Directory.Delete(server.DataPath, recursive: true);
}

/// <summary>The bare server in a process of its own, as the product is.</summary>
internal sealed class BareProcess : IDisposable
{
    private readonly Process _process;

    private BareProcess(Process process, int port) => (_process, EndPoint) = (process, new IPEndPoint(IPAddress.Loopback, port));

    public IPEndPoint EndPoint { get; }

    public static async Task<BareProcess> StartAsync()
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!) { RedirectStandardOutput = true };
        if (Path.GetFileNameWithoutExtension(Environment.ProcessPath) is "dotnet")
            start.ArgumentList.Add(typeof(BareProcess).Assembly.Location);
        start.ArgumentList.Add("bare");
        var process = Process.Start(start)!;
        var line = await process.StandardOutput.ReadLineAsync() ?? throw new InvalidOperationException("The bare server did not start.");
        return new BareProcess(process, int.Parse(line.Split(' ')[1], CultureInfo.InvariantCulture));
    }

    public void Dispose()
    {
        _process.Kill();
        _process.Dispose();
    }
}
