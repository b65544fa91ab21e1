using System.Net;
using Iggy.Testing;

namespace Iggy.Bench.Throughput;

/// <summary>What traces cost: a server that sends one trace in a hundred, and one that sends none, each beside another that sends none. The second ratio is what this
/// machine cannot tell apart.</summary>
internal static class Tracing
{
    private const int WarmBatches = 400;

    public static async Task RunAsync(int rounds, TimeSpan duration)
    {
        using var receiver = new HttpListener();
        var port = FreePort();
        receiver.Prefixes.Add($"http://127.0.0.1:{port}/");
        receiver.Start();
        _ = TakeAsync(receiver);
        var sampled = new Dictionary<string, string>
        {
            ["OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"] = $"http://127.0.0.1:{port}/v1/traces",
            ["OTEL_EXPORTER_OTLP_TRACES_PROTOCOL"] = "http/protobuf",
            ["OTEL_TRACES_SAMPLER"] = "parentbased_traceidratio",
            ["OTEL_TRACES_SAMPLER_ARG"] = "0.01",
        };
        await using var plain = await ServerProcess.StartAsync();
        await using var same = await ServerProcess.StartAsync();
        await using var traced = await ServerProcess.StartAsync(settings: sampled);
        try
        {
            using LoadClient first = Connect(plain), second = Connect(same), third = Connect(traced);
            var (batch, single) = (Requests.Send(1000, 1000), Requests.Send(1, 100));
            var purge = RawClient.Frame(305, RawClient.Id(0), RawClient.Id(0));
            double Batches(LoadClient client)
            {
                client.Ask(purge); // the retired file is used again: its pages are warm
                return client.RateOf(batch, WarmBatches);
            }

            foreach (var client in (LoadClient[])[first, second, third])
            {
                for (var i = 0; i < 3; i++)
                    Batches(client);
                client.Rate(single, duration * 2);
            }
            Console.WriteLine($"{rounds} rounds, in turn");
            Report.Ratio("no traces, 1000 x 1 KB", "batches/s", 1, rounds, () => Batches(first), () => Batches(second), "no traces");
            Report.Ratio("1 % of traces, 1000 x 1 KB", "batches/s", 1, rounds, () => Batches(first), () => Batches(third), "no traces");
            Report.Ratio("no traces, 1 x 100 B", "requests/s", 1, rounds, () => first.Rate(single, duration), () => second.Rate(single, duration), "no traces");
            Report.Ratio("1 % of traces, 1 x 100 B", "requests/s", 1, rounds, () => first.Rate(single, duration), () => third.Rate(single, duration), "no traces");
            Console.WriteLine($"{s_received} exports came");
        }
        finally
        {
            foreach (var server in (ServerProcess[])[plain, same, traced])
            {
                await server.DisposeAsync();
                Directory.Delete(server.DataPath, recursive: true);
            }
        }
    }

    private static int s_received; // proof that traces were sent at all

    private static LoadClient Connect(ServerProcess server)
    {
        var client = new LoadClient(server.Tcp);
        client.Ask(RawClient.Frame(38, RawClient.Login(ServerProcess.Username, ServerProcess.Password)));
        client.Ask(RawClient.Frame(202, RawClient.Name("bench")));
        client.Ask(RawClient.Frame(302, RawClient.NewTopic(RawClient.Id(0), "bench", 1)));
        return client;
    }

    private static async Task TakeAsync(HttpListener receiver)
    {
        while (receiver.IsListening)
        {
            var context = await receiver.GetContextAsync();
            await context.Request.InputStream.CopyToAsync(Stream.Null);
            context.Response.Close();
            s_received++;
        }
    }

    private static int FreePort()
    {
        using var socket = new System.Net.Sockets.Socket(System.Net.Sockets.SocketType.Stream, System.Net.Sockets.ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }
}
