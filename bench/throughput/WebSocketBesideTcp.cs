using Iggy.Testing;

namespace Iggy.Bench.Throughput;

/// <summary>What the WebSocket costs: one server, the same requests of 1 MB over TCP and over a WebSocket, in turn. To be at least 60 % of TCP.</summary>
internal static class WebSocketBesideTcp
{
    private const int Batches = 300; // 300 MB, well inside one segment

    public static async Task RunAsync(int rounds, TimeSpan duration)
    {
        await using var server = await ServerProcess.StartAsync(settings: new Dictionary<string, string>
        {
            ["IGGY_WEBSOCKET_ENABLED"] = "true", ["IGGY_WEBSOCKET_ADDRESS"] = "127.0.0.1:0",
        });
        using var tcp = new LoadClient(server.Tcp);
        using var web = new WebSocketLoadClient(server.WebSocket.Address);
        foreach (var client in new[] { tcp, web })
            client.Ask(RawClient.Frame(38, RawClient.Login(ServerProcess.Username, ServerProcess.Password)));
        tcp.Ask(RawClient.Frame(202, RawClient.Name("bench")));
        tcp.Ask(RawClient.Frame(302, RawClient.NewTopic(RawClient.Id(0), "bench", 1)));

        var batch = Requests.Send(messages: 1000, payloadBytes: 1000);
        var single = Requests.Send(messages: 1, payloadBytes: 100);
        var purge = RawClient.Frame(305, RawClient.Id(0), RawClient.Id(0));
        double Sends(LoadClient client)
        {
            client.Ask(purge); // the retired file is used again: its pages are warm
            return client.RateOf(batch, Batches);
        }

        for (var i = 0; i < 2; i++)
            _ = (Sends(tcp), Sends(web), Requests.PollAround(tcp, duration, Batches), Requests.PollAround(web, duration, Batches));
        Console.WriteLine($"{rounds} rounds, TCP and WebSocket in turn");
        Report.Ratio("WebSocket, send 1000 x 1 KB", "MB/s", batch.Length / 1e6, rounds, () => Sends(tcp), () => Sends(web), "TCP");
        Report.Ratio("WebSocket, poll 1000 x 1 KB", "MB/s", batch.Length / 1e6, rounds,
            () => Requests.PollAround(tcp, duration, Batches), () => Requests.PollAround(web, duration, Batches), "TCP");
        Report.Ratio("WebSocket, send 1 x 100 B", "requests/s", 1, rounds, () => tcp.Rate(single, duration), () => web.Rate(single, duration), "TCP");
        await server.StopAsync();
        Directory.Delete(server.DataPath, recursive: true);
    }
}
