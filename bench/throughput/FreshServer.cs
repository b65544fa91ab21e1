using System.Diagnostics;
using Iggy.Testing;

namespace Iggy.Bench.Throughput;

/// <summary>What a user meets who has just started the server: nothing is compiled for this load, no file has pages, nothing is recycled.</summary>
/// <remarks>Each variant is the same server under other settings of its runtime, started anew for each round, in turn with the others so that drift of the
/// machine hits all of them. Beside the rates stands the server's own time on the processors, which other load on the machine changes far less.</remarks>
internal static class FreshServer
{
    private const int BatchesPerHalfGigabyte = 512; // of 1000 messages of 1 KB
    private const int HalfGigabytes = 7;
    private static readonly TimeSpan s_small = TimeSpan.FromSeconds(2);

    private static readonly (string Name, Dictionary<string, string> Settings)[] s_variants =
    [
        ("as shipped", []),
        ("runtime's defaults", new() { ["DOTNET_TieredPGO"] = "1" }),
        ("no profile, 10 ms", new() { ["DOTNET_TC_CallCountingDelayMs"] = "A" }), // hexadecimal
        ("no profile, no delay", new() { ["DOTNET_TC_CallCountingDelayMs"] = "0" }),
    ];

    /// <summary>Prints medians of the rounds.</summary>
    /// <param name="rounds">Starts of each variant.</param>
    /// <param name="all">Whether the other settings are measured too, and not only the shipped ones.</param>
    public static async Task RunAsync(int rounds, bool all)
    {
        var variants = all ? s_variants : s_variants[..1];
        var measured = variants.Select(_ => new List<Figures>()).ToArray();
        for (var round = 0; round < rounds; round++)
        {
            for (var i = 0; i < variants.Length; i++)
                measured[i].Add(await MeasureAsync(variants[i].Settings));
        }

        Console.WriteLine($"fresh servers, medians of {rounds}: MB/s of each half GB in batches of 1000 x 1 KB; first against last; 1 x 100 B requests/s in three runs of {s_small.TotalSeconds} s");
        for (var i = 0; i < variants.Length; i++)
        {
            var halves = Enumerable.Range(0, HalfGigabytes).Select(half => Median(measured[i].Select(figures => figures.Halves[half]))).ToArray();
            var ratios = measured[i].Select(figures => figures.Halves[0] / figures.Halves[^1]).Order().ToArray();
            var small = Enumerable.Range(0, 3).Select(run => Median(measured[i].Select(figures => figures.Small[run])));
            var cpu = Enumerable.Range(0, HalfGigabytes + 1).Select(step => Median(measured[i].Select(figures => figures.CpuSeconds[step]))).ToArray();
            Console.WriteLine($"{variants[i].Name,-26} ready {Median(measured[i].Select(figures => figures.ReadySeconds)),5:0.00} s; {string.Join(' ', halves.Select(half => $"{half,5:0}"))}; "
                + $"{100 * Median(ratios),3:0} % (min {100 * ratios[0]:0}, max {100 * ratios[^1]:0}); {string.Join(' ', small.Select(rate => $"{rate,6:0}"))}");
            Console.WriteLine($"{"  CPU of the server, s",-26} ready {cpu[0],5:0.00}  ; {string.Join(' ', cpu[1..].Select(seconds => $"{seconds,5:0.00}"))}");
        }
    }

    private static async Task<Figures> MeasureAsync(Dictionary<string, string> settings)
    {
        var started = Stopwatch.StartNew();
        await using var large = await ServerProcess.StartAsync(settings: settings);
        var ready = started.Elapsed.TotalSeconds;
        using var process = Process.GetProcessById(large.ProcessId);
        var (halves, cpu) = (new double[HalfGigabytes], new double[HalfGigabytes + 1]);
        double TakeCpu()
        {
            process.Refresh();
            return process.TotalProcessorTime.TotalSeconds - cpu.Sum();
        }
        cpu[0] = TakeCpu();
        using (var client = Open(large))
        {
            var batch = Requests.Send(messages: 1000, payloadBytes: 1000);
            for (var half = 0; half < HalfGigabytes; half++)
            {
                halves[half] = client.RateOf(batch, BatchesPerHalfGigabyte) * batch.Length / 1e6;
                cpu[half + 1] = TakeCpu();
            }
        }
        await EndAsync(large);

        await using var many = await ServerProcess.StartAsync(settings: settings); // another one: the large sends would have warmed it
        var small = new double[3];
        using (var client = Open(many))
        {
            var single = Requests.Send(messages: 1, payloadBytes: 100);
            for (var run = 0; run < small.Length; run++)
                small[run] = client.Rate(single, s_small);
        }
        await EndAsync(many);
        return new Figures(ready, halves, cpu, small);
    }

    private static LoadClient Open(ServerProcess server)
    {
        var client = new LoadClient(server.Tcp);
        client.Ask(RawClient.Frame(38, RawClient.Login(ServerProcess.Username, ServerProcess.Password)));
        client.Ask(RawClient.Frame(202, RawClient.Name("bench")));
        client.Ask(RawClient.Frame(302, RawClient.NewTopic(RawClient.Id(0), "bench", 1)));
        return client;
    }

    private static async Task EndAsync(ServerProcess server)
    {
        await server.DisposeAsync();
        Directory.Delete(server.DataPath, recursive: true);
    }

    private static double Median(IEnumerable<double> values)
    {
        var sorted = values.Order().ToArray();
        return sorted[sorted.Length / 2];
    }

    // The first of the CPU seconds are those until it was ready, the others those of each half GB.
    private sealed record Figures(double ReadySeconds, double[] Halves, double[] CpuSeconds, double[] Small);
}
