using System.Buffers;
using Iggy.Storage.Log;
using Iggy.Storage.Tests.Setup;

namespace Iggy.Storage.Tests;

/// <summary>The hot paths allocate nothing once they are warm.</summary>
public class AllocationTests
{
    [Theory]
    [InlineData(MessageLayout.Classic)]
    [InlineData(MessageLayout.Compact)]
    public void Append_SteadyState_AllocatesNothing(MessageLayout layout)
    {
        using var log = new TestLog();
        var batch = Batches.Of(layout, Sent.Many(100, 200));
        var logFile = log.Log;
        Assert.Equal(0, Allocations.Least(() =>
        {
            for (var i = 0; i < 200; i++)
                logFile.Append(layout, batch, 100);
        }));
    }

    [Theory]
    [InlineData(MessageLayout.Classic)]
    [InlineData(MessageLayout.Compact)]
    public void Read_SteadyState_AllocatesNothing(MessageLayout layout)
    {
        using var log = new TestLog();
        for (var i = 0; i < 50; i++)
            log.Append(Sent.Many(100, 200));
        var logFile = log.Log;
        Assert.Equal(0, Allocations.Least(() =>
        {
            for (var i = 0; i < 10; i++)
                Poll(logFile, layout);
        }));
    }

    private static void Poll(PartitionLog log, MessageLayout layout)
    {
        for (var next = 0UL; next < 5000;)
        {
            var result = log.Read(new ReadRequest(ReadFrom.Offset, next, 70, layout));
            ArrayPool<byte>.Shared.Return(result.Rented!);
            next = result.LastOffset + 1;
        }
    }
}
