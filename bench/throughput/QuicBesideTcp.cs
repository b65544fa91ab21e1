using System.Buffers.Binary;
using System.Diagnostics;
using System.Globalization;
using Iggy.Quic;
using Iggy.Testing;
using Microsoft.Extensions.Logging.Abstractions;

namespace Iggy.Bench.Throughput;

/// <summary>The same requests over QUIC and over TCP to one server, in turn, and which threads of the server the time went to.</summary>
internal static class QuicBesideTcp
{
    private const int Batches = 100; // 108 MB: well inside one segment, so that its pages are warm
    private static readonly byte[] s_purge = RawClient.Frame(305, RawClient.Id(0), RawClient.Id(0));

    /// <returns>The process's exit code: 1 when QUIC is too slow to be what it is meant to be.</returns>
    public static async Task<int> RunAsync(int rounds)
    {
        if (!QuicEndpoint.IsAvailable)
        {
            Console.WriteLine(QuicEndpoint.WhyNotAvailable);
            return 1;
        }
        await using var server = await ServerProcess.StartAsync(settings: new Dictionary<string, string> { ["IGGY_QUIC_ENABLED"] = "true", ["IGGY_QUIC_ADDRESS"] = "127.0.0.1:0" });
        using var tcp = new LoadClient(server.Tcp);
        var login = RawClient.Frame(38, RawClient.Login(ServerProcess.Username, ServerProcess.Password));
        tcp.Ask(login);
        tcp.Ask(RawClient.Frame(202, RawClient.Name("bench")));
        tcp.Ask(RawClient.Frame(302, RawClient.NewTopic(RawClient.Id(0), "bench", 1)));
        using var credentials = TlsCredentials.ForClient(null, null);
        var (endpoint, connection) = await QuicEndpoint.ConnectAsync(server.Quic, credentials, "localhost", offersProtocol: false, new QuicSettings { ReceiveWindow = 4 * 1024 * 1024 }, NullLogger.Instance, CancellationToken.None);
        await using (endpoint)
        {
            var quic = new QuicLoad(connection);
            await quic.AskAsync(login);

            var send = Requests.Send(messages: 1000, payloadBytes: 1000);
            var small = Requests.Send(messages: 1, payloadBytes: 100);
            var poll = RawClient.Frame(100, RawClient.Poll(1, RawClient.Id(0), RawClient.Id(0), 0, 1, 0, 1000));
            for (var i = 0; i < 3; i++)
            {
                tcp.Ask(s_purge);
                tcp.RateOf(send, Batches);
                tcp.Ask(s_purge);
                await quic.RateOfAsync(send, Batches);
            }
            Console.WriteLine($"{rounds} rounds, QUIC ({QuicEndpoint.Library}) and TCP in turn, one connection each, one request at a time");
            var good = await CompareAsync("send 1000 x 1 KB", "MB/s", send.Length / 1e6, rounds, Batches, server, tcp, quic, send);
            good &= await CompareAsync("poll 1000 x 1 KB", "MB/s", send.Length / 1e6, rounds, Batches, server, tcp, quic, poll);
            await CompareAsync("send 1 x 100 B", "requests/s", 1, rounds, 2000, server, tcp, quic, small);
            return good ? 0 : 1;
        }
    }

    private static async Task<bool> CompareAsync(string name, string unit, double perRequest, int rounds, int count, ServerProcess server, LoadClient tcp, QuicLoad quic, byte[] frame)
    {
        var isSend = BinaryPrimitives.ReadUInt32LittleEndian(frame.AsSpan(4)) == 101;
        var (quicRates, tcpRates, ratios) = (new double[rounds], new double[rounds], new double[rounds]);
        var spent = new ThreadTimes(server.ProcessId);
        for (var i = 0; i < rounds; i++)
        {
            if (isSend)
                tcp.Ask(s_purge);
            tcpRates[i] = tcp.RateOf(frame, count) * perRequest;
            if (isSend)
                tcp.Ask(s_purge);
            spent.Start();
            quicRates[i] = await quic.RateOfAsync(frame, count) * perRequest;
            spent.Stop();
            ratios[i] = quicRates[i] / tcpRates[i];
        }
        Array.Sort(quicRates);
        Array.Sort(tcpRates);
        Array.Sort(ratios);
        var (quicMedian, tcpMedian) = (quicRates[rounds / 2], tcpRates[rounds / 2]);
        Console.WriteLine($"{name,-20} {100 * ratios[rounds / 2],5:0} % of TCP (min {100 * ratios[0]:0}, max {100 * ratios[^1]:0}); medians {quicMedian:0} and {tcpMedian:0} {unit}; of the QUIC time the server spent {spent}");
        return quicMedian >= Math.Max(150, 0.05 * tcpMedian);
    }

    /// <summary>One request after the other, each on a stream of its own.</summary>
    private sealed class QuicLoad(QuicConnection connection)
    {
        private readonly byte[] _reply = new byte[32 * 1024 * 1024];

        public async Task AskAsync(byte[] frame)
        {
            await using var stream = await connection.OpenStreamAsync(CancellationToken.None);
            var sending = stream.SendAsync(frame, isLast: true);
            var received = 0;
            for (int more; (more = await stream.ReceiveAsync(_reply.AsMemory(received))) > 0;)
                received += more;
            await sending;
            if (received < 8 || BinaryPrimitives.ReadUInt32LittleEndian(_reply) != 0 || BinaryPrimitives.ReadUInt32LittleEndian(_reply.AsSpan(4)) != received - 8)
                throw new InvalidOperationException($"The reply on stream {stream.Id} was wrong: {received} B, {Convert.ToHexString(_reply.AsSpan(0, Math.Min(received, 64)))}.");
        }

        public async Task<double> RateOfAsync(byte[] frame, int count)
        {
            var watch = Stopwatch.StartNew();
            for (var i = 0; i < count; i++)
                await AskAsync(frame);
            return count / watch.Elapsed.TotalSeconds;
        }
    }

    /// <summary>Processor time of another process's QUIC thread and of its other threads, in its own code and in the kernel's.</summary>
    private sealed class ThreadTimes(int processId)
    {
        private readonly long[] _ticks = new long[4];
        private long[] _before = [];
        private readonly Stopwatch _watch = new();

        public void Start()
        {
            _before = Read();
            _watch.Start();
        }

        public void Stop()
        {
            _watch.Stop();
            var after = Read();
            for (var i = 0; i < _ticks.Length; i++)
                _ticks[i] += after[i] - _before[i];
        }

        // In percent of one core; the kernel counts in hundredths of a second.
        public override string ToString() => string.Create(CultureInfo.InvariantCulture,
            $"{Share(0):0} % in QUIC and TLS, {Share(1):0} % in the kernel for packets, {Share(2) + Share(3):0} % in everything else (of one core)");

        private double Share(int which) => _ticks[which] / _watch.Elapsed.TotalSeconds;

        private long[] Read()
        {
            var sums = new long[4];
            foreach (var task in Directory.GetDirectories($"/proc/{processId}/task"))
            {
                string text;
                try
                {
                    text = File.ReadAllText(Path.Combine(task, "stat"));
                }
                catch (IOException)
                {
                    continue; // the thread has ended
                }
                var name = text[(text.IndexOf('(', StringComparison.Ordinal) + 1)..text.LastIndexOf(')')];
                var fields = text[(text.LastIndexOf(')') + 2)..].Split(' ');
                var at = name == "quic" ? 0 : 2;
                sums[at] += long.Parse(fields[11], CultureInfo.InvariantCulture);
                sums[at + 1] += long.Parse(fields[12], CultureInfo.InvariantCulture);
            }
            return sums;
        }
    }
}
