namespace Iggy.Ui.Figures;

/// <summary>What the server did in the moments before a point in time.</summary>
/// <param name="At">Seconds since the Unix epoch.</param>
/// <param name="Requests">A second.</param>
/// <param name="Errors">A second: refused or failed.</param>
/// <param name="Received">Bytes a second.</param>
/// <param name="Sent">Bytes a second.</param>
/// <param name="Median">Of the latency, in seconds; null without requests.</param>
/// <param name="High">What 99 of 100 stayed below; null without requests.</param>
/// <param name="Connections">Open.</param>
/// <param name="CpuPercent">100 is one core.</param>
/// <param name="MemoryBytes">Resident.</param>
/// <param name="Written">Bytes a second to disks.</param>
internal sealed record RateSample(
    double At, double Requests, double Errors, double Received, double Sent, double? Median, double? High, int Connections, double CpuPercent, double MemoryBytes, double Written);
