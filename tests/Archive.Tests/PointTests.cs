using Iggy.Archive.Layout;
using Iggy.Archive.Plans;

namespace Iggy.Archive.Tests;

/// <summary>Keys of points, and which of them count.</summary>
public class PointTests
{
    private static readonly ArchiveKeys _keys = new("iggy", "server");

    [Fact]
    public void Key_OfAPoint_IsReadBackAndSortsByTime()
    {
        var early = new Point(1_700_000_000_000_001, new ManifestName(3, 7, 0xABC));
        var late = early with { Micros = 1_700_000_000_100_000 };
        Assert.Equal("iggy/v1/server/points/20231114T221320.000001Z-0000000003-0000000007-0000000000000abc", _keys.Point(early));
        Assert.Equal(early, _keys.PointOf(_keys.Point(early)));
        Assert.True(string.CompareOrdinal(_keys.Point(early), _keys.Point(late)) < 0);
        Assert.Null(_keys.PointOf("iggy/v1/server/points/20231114T221320.000001Z-3"));
        Assert.Null(_keys.PointOf("iggy/v1/other/points/x"));
    }

    [Fact]
    public void Valid_AServerThatWentOnAfterItsSuccessor_IsLeftOut()
    {
        Point[] points = [Of(10, 1), Of(20, 1), Of(25, 2), Of(30, 1), Of(35, 2), Of(32, 1)];
        Assert.Equal([10UL, 20, 25, 35], PointChoice.Valid(points).Select(static point => point.Micros));
    }

    [Fact]
    public void Around_AMoment_TakesTheLastPointBeforeAndThoseThatHaveAllMessages()
    {
        const ulong Second = 1_000_000;
        Point[] points = [Of(10 * Second, 1), Of(11 * Second, 1), Of(20 * Second, 1)];
        Assert.Null(PointChoice.Around(points, (10 * Second) - 1));
        Check(10 * Second, at: 0, 1, 2); // 11 may not have what was being appended at 10
        Check(12 * Second, at: 1, 2);
        Check(99 * Second, at: 2);

        void Check(ulong moment, int at, params int[] later)
        {
            var found = PointChoice.Around(points, moment)!.Value;
            Assert.Equal(points[at], found.At);
            Assert.Equal(later.Select(number => points[number]), found.Later);
        }
    }

    [Fact]
    public void OldestKept_OfAPromise_IsTheLastPointBeforeIt()
    {
        Point[] points = [Of(10, 1), Of(20, 1), Of(30, 1)];
        Assert.Null(RetentionPlan.OldestKept(points, 5));
        Assert.Null(RetentionPlan.OldestKept(points, 19)); // all are needed
        Assert.Equal(points[1], RetentionPlan.OldestKept(points, 29));
        Assert.Equal(points[2], RetentionPlan.OldestKept(points, 1000)); // never the last one
    }

    private static Point Of(ulong micros, uint epoch) => new(micros, new ManifestName(epoch, micros, 0));
}
