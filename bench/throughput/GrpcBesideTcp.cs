using System.Diagnostics;
using System.Net.Http.Headers;
using System.Text;
using Iggy.Testing;

namespace Iggy.Bench.Throughput;

/// <summary>The same messages over gRPC and as frames over TCP, to one server, in turn, on one connection each, one request at a time.</summary>
internal static class GrpcBesideTcp
{
    private const int Batches = 100; // 108 MB: well inside one segment, so that its pages are warm
    private const string Send = "/iggy.v1.Messages/Send", Publish = "/iggy.v1.Messages/Publish", Poll = "/iggy.v1.Messages/Poll";

    public static async Task RunAsync(int rounds)
    {
        await using var server = await ServerProcess.StartAsync(settings: new Dictionary<string, string> { ["Iggy__Grpc__Enabled"] = "true", ["Iggy__Grpc__Address"] = "127.0.0.1:0" });
        try
        {
            using var tcp = new LoadClient(server.Tcp);
            tcp.Ask(RawClient.Frame(38, RawClient.Login(ServerProcess.Username, ServerProcess.Password)));
            tcp.Ask(RawClient.Frame(202, RawClient.Name("bench")));
            tcp.Ask(RawClient.Frame(302, RawClient.NewTopic(RawClient.Id(0), "bench", 1)));
            var token = await TokenAsync(server);
            using GrpcLoad calls = new(server.Grpc, token), stream = new(server.Grpc, token);
            stream.Open(Publish);
            stream.Await(); // the window

            var purge = RawClient.Frame(305, RawClient.Id(0), RawClient.Id(0));
            var (frame, single) = (Requests.Send(messages: 1000, payloadBytes: 1000), Requests.Send(messages: 1, payloadBytes: 100));
            var (batch, one, poll) = (GrpcLoad.Prepare(Batch(1000, 1000)), GrpcLoad.Prepare(Batch(1, 100)), Polls());
            var polls = 0;

            double Warm(Func<double> measure)
            {
                tcp.Ask(purge);
                return measure();
            }
            double Rate(int count, Action request)
            {
                var watch = Stopwatch.StartNew();
                for (var i = 0; i < count; i++)
                    request();
                return count / watch.Elapsed.TotalSeconds;
            }
            double Tcp() => Warm(() => tcp.RateOf(frame, Batches));

            for (var i = 0; i < 3; i++)
            {
                Tcp();
                Warm(() => Rate(Batches, () => stream.Ask(batch)));
                Warm(() => Rate(Batches, () => calls.Call(Send, batch)));
                Rate(Batches, () => calls.Call(Poll, poll[polls++ % Batches]));
            }
            Console.WriteLine($"{rounds} rounds, TCP and gRPC in turn, one connection each, one request at a time");
            Report.Ratio("Publish 1000 x 1 KB", "MB/s", frame.Length / 1e6, rounds, Tcp, () => Warm(() => Rate(Batches, () => stream.Ask(batch))), "TCP");
            Report.Ratio("Send 1000 x 1 KB", "MB/s", frame.Length / 1e6, rounds, Tcp, () => Warm(() => Rate(Batches, () => calls.Call(Send, batch))), "TCP");
            Report.Ratio("Poll 1000 x 1 KB", "MB/s", frame.Length / 1e6, rounds,
                () => Requests.PollAround(tcp, TimeSpan.FromSeconds(1), Batches), () => Rate(Batches * 2, () => calls.Call(Poll, poll[polls++ % Batches])), "TCP");
            Report.Ratio("Publish 1 x 100 B", "requests/s", 1, rounds, () => tcp.RateOf(single, 3000), () => Rate(3000, () => stream.Ask(one)), "TCP");
            Report.Ratio("Send 1 x 100 B", "requests/s", 1, rounds, () => tcp.RateOf(single, 3000), () => Rate(3000, () => calls.Call(Send, one)), "TCP");

            var watch = new RuntimeWatch(server.ProcessId);
            Report.Allocations("Publish 1000 x 1 KB", await watch.AllocatedPerRequestAsync(() => Requests.During(TimeSpan.FromSeconds(3), () =>
            {
                Warm(() => Rate(Batches, () => stream.Ask(batch)));
                return Batches;
            })));
        }
        finally
        {
            await server.DisposeAsync();
            Directory.Delete(server.DataPath, recursive: true);
        }
    }

    // By curl's means: a login is the one call here whose answer is read.
    private static async Task<string> TokenAsync(ServerProcess server)
    {
        using var http = new HttpClient { BaseAddress = new Uri($"http://{server.Grpc}") };
        using var body = new MemoryStream();
        foreach (var (field, text) in ((int, string)[])[(1, ServerProcess.Username), (2, ServerProcess.Password)])
            WriteBytes(body, field, Encoding.UTF8.GetBytes(text));
        var request = new byte[5 + body.Length];
        request[4] = (byte)body.Length;
        body.ToArray().CopyTo(request, 5);
        using var message = new HttpRequestMessage(HttpMethod.Post, "/iggy.v1.Access/Login")
        {
            Version = new Version(2, 0), VersionPolicy = HttpVersionPolicy.RequestVersionExact, Content = new ByteArrayContent(request) { Headers = { ContentType = new MediaTypeHeaderValue("application/grpc") } },
        };
        using var response = await http.SendAsync(message);
        var answer = Encoding.ASCII.GetString(await response.Content.ReadAsByteArrayAsync());
        return answer[answer.IndexOf("eyJ", StringComparison.Ordinal)..].Split('\u0018')[0]; // the token is the one text in it, and the field behind it begins so
    }

    private static byte[] Batch(int messages, int payloadBytes)
    {
        using var message = new MemoryStream();
        WriteBytes(message, 1, new byte[payloadBytes]);
        var encoded = message.ToArray();
        using var request = new MemoryStream();
        WriteBytes(request, 1, "0"u8);
        WriteBytes(request, 2, "0"u8);
        request.Write([3 << 3, 0]);
        for (var i = 0; i < messages; i++)
            WriteBytes(request, 5, encoded);
        return request.ToArray();
    }

    private static byte[][] Polls() =>
    [
        .. Enumerable.Range(0, Batches).Select(static i =>
        {
            using var request = new MemoryStream();
            WriteBytes(request, 1, "0"u8);
            WriteBytes(request, 2, "0"u8);
            request.Write([5 << 3, 1, 6 << 3]);
            WriteVarint(request, i * 1000);
            request.WriteByte(7 << 3);
            WriteVarint(request, 1000);
            request.WriteByte(11 << 3);
            WriteVarint(request, 2 << 20);
            return GrpcLoad.Prepare(request.ToArray());
        }),
    ];

    private static void WriteBytes(MemoryStream to, int field, ReadOnlySpan<byte> bytes)
    {
        to.WriteByte((byte)((field << 3) | 2));
        WriteVarint(to, bytes.Length);
        to.Write(bytes);
    }

    private static void WriteVarint(MemoryStream to, int value)
    {
        for (; value >= 128; value >>= 7)
            to.WriteByte((byte)(value | 128));
        to.WriteByte((byte)value);
    }
}
