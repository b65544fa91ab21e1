namespace Iggy.Cli.Output;

/// <summary>What a run came to.</summary>
/// <param name="Name">Sending or polling.</param>
/// <param name="Messages">All of them.</param>
/// <param name="PayloadBytes">Of all messages.</param>
/// <param name="Seconds">From the first request to the last reply.</param>
/// <param name="MessagesPerSecond">Throughput.</param>
/// <param name="MegabytesPerSecond">Throughput of payloads, decimal.</param>
/// <param name="Requests">Batches.</param>
/// <param name="P50Ms">Half of the requests took no longer.</param>
/// <param name="P95Ms">95 of 100.</param>
/// <param name="P99Ms">99 of 100.</param>
/// <param name="P999Ms">999 of 1000.</param>
/// <param name="MaxMs">The slowest.</param>
/// <param name="PerInterval">Messages by a quarter of a second.</param>
internal sealed record MeasurementJson(
    string Name, long Messages, long PayloadBytes, double Seconds, double MessagesPerSecond, double MegabytesPerSecond, long Requests,
    double P50Ms, double P95Ms, double P99Ms, double P999Ms, double MaxMs, IReadOnlyList<long> PerInterval);

/// <summary>A benchmark: what was run, what the machine of the server did, and what came of it.</summary>
internal sealed record BenchmarkJson(
    string Server, string ServerVersion, int Producers, int Consumers, int Partitions, int MessageSize, int BatchSize,
    double ServerCpuPercent, ulong ServerMemoryBytes, IReadOnlyList<MeasurementJson> Runs);
