using Iggy.Gateway.Host;
using Iggy.Gateway.Routing;
using Microsoft.Extensions.Time.Testing;

namespace Iggy.Gateway.Tests;

/// <summary>Numbers of sessions: none twice, whatever the clock does between two lives of the server.</summary>
public sealed class PositionsTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("iggy-positions-");
    private readonly FakeTimeProvider _clock = new(new DateTimeOffset(2026, 12, 1, 0, 0, 0, TimeSpan.Zero));

    [Fact]
    public void Next_AfterADeathWithTheClockBehind_IsAboveWhatWasGiven()
    {
        var before = Start();
        var given = before.Next();
        Assert.InRange(given, 1UL, 1UL << 43);
        for (var i = 0UL; i < Positions.Ahead + 10; i++) // further than the file said at the start
            Assert.Equal(++given, before.Next());
        _clock.AdjustTime(new DateTimeOffset(2026, 11, 1, 0, 0, 0, TimeSpan.Zero));
        Assert.InRange(Start().Current, given, given + Positions.Ahead);
    }

    [Fact]
    public void Start_WithAFileThatIsNone_GoesOnByTheClock()
    {
        var first = Start().Current;
        File.WriteAllText(Path.Combine(_folder.FullName, "gateway", "positions"), "none");
        _clock.Advance(TimeSpan.FromHours(1));
        Assert.Equal(first + (3600UL * 10_000), Start().Current);
    }

    public void Dispose() => _folder.Delete(recursive: true);

    private Positions Start() => new(_clock, new PositionFile(new DataDisk(_folder.FullName)));
}
