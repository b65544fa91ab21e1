using System.Diagnostics;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Iggy.Testing;

namespace Iggy.Bench.Throughput;

/// <summary>The same messages as JSON over HTTP and as frames over TCP, in turn, on one connection each. A request carries 1 MB of payload, so
/// requests a second and MB a second are one number.</summary>
internal static class HttpBesideTcp
{
    private const int Batches = 100;

    public static async Task RunAsync(int rounds)
    {
        await using var server = await ServerProcess.StartAsync(settings: new Dictionary<string, string> { ["IGGY_HTTP_ENABLED"] = "true", ["IGGY_HTTP_ADDRESS"] = "127.0.0.1:0" });
        try
        {
            using var tcp = new LoadClient(server.Tcp);
            tcp.Ask(RawClient.Frame(38, RawClient.Login(ServerProcess.Username, ServerProcess.Password)));
            tcp.Ask(RawClient.Frame(202, RawClient.Name("bench")));
            tcp.Ask(RawClient.Frame(302, RawClient.NewTopic(RawClient.Id(0), "bench", 1)));
            using var http = new HttpClient { BaseAddress = new Uri($"http://{server.Http}/streams/0/topics/0/messages") };
            http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", Token(http));

            var (frame, json) = (Requests.Send(messages: 1000, payloadBytes: 1000), Json());
            var purge = RawClient.Frame(305, RawClient.Id(0), RawClient.Id(0));
            double Tcp()
            {
                tcp.Ask(purge);
                return tcp.RateOf(frame, Batches);
            }
            double Http()
            {
                tcp.Ask(purge);
                return Rate(() => Do(http, new HttpRequestMessage(HttpMethod.Post, "") { Content = Content(json) }, least: 0));
            }

            Tcp();
            Http();
            Console.WriteLine($"{rounds} rounds, TCP and HTTP in turn; a JSON request has {json.Length:N0} B");
            Report.Ratio("send 1000 x 1 KB", "MB/s and requests/s", 1, rounds, Tcp, Http, "TCP");
            Report.Ratio("poll 1000 x 1 KB", "MB/s and requests/s", 1, rounds,
                () => Requests.PollAround(tcp, TimeSpan.FromSeconds(1), Batches),
                () => Rate(i => Do(http, new HttpRequestMessage(HttpMethod.Get, $"?value={i * 1000}&count=1000"), least: 1_000_000)), "TCP");
        }
        finally
        {
            await server.DisposeAsync();
            Directory.Delete(server.DataPath, recursive: true);
        }
    }

    private static string Token(HttpClient http)
    {
        var login = new HttpRequestMessage(HttpMethod.Post, "/users/login")
        {
            Content = Content(Encoding.UTF8.GetBytes($$"""{"username":"{{ServerProcess.Username}}","password":"{{ServerProcess.Password}}"}""")),
        };
        using var reply = http.Send(login);
        using var body = JsonDocument.Parse(reply.Content.ReadAsStream());
        return body.RootElement.GetProperty("access_token").GetProperty("token").GetString()!;
    }

    private static byte[] Json()
    {
        var payload = new byte[1000];
        Random.Shared.NextBytes(payload);
        var message = $$"""{"payload":"{{Convert.ToBase64String(payload)}}"}""";
        return Encoding.UTF8.GetBytes($$"""{"partitioning":{"kind":"partition_id","value":"AAAAAA=="},"messages":[{{string.Join(',', Enumerable.Repeat(message, 1000))}}]}""");
    }

    private static ByteArrayContent Content(byte[] json) => new(json) { Headers = { ContentType = new MediaTypeHeaderValue("application/json") } };

    private static double Rate(Action request) => Rate(_ => request());

    private static double Rate(Action<int> request)
    {
        var watch = Stopwatch.StartNew();
        for (var i = 0; i < Batches; i++)
            request(i);
        return Batches / watch.Elapsed.TotalSeconds;
    }

    private static void Do(HttpClient http, HttpRequestMessage request, long least)
    {
        using (request)
        using (var response = http.Send(request, HttpCompletionOption.ResponseHeadersRead))
        {
            response.EnsureSuccessStatusCode();
            using var body = response.Content.ReadAsStream();
            var (buffer, bytes) = (new byte[64 * 1024], 0L);
            while (body.Read(buffer) is > 0 and var read)
                bytes += read;
            if (bytes < least)
                throw new InvalidOperationException($"A reply has {bytes} bytes.");
        }
    }
}
