using Iggy.Gateway.Commands;
using Iggy.Gateway.Limits;
using Iggy.Gateway.Sessions;
using Iggy.Protocol;
using Iggy.Protocol.Vsr12;
using Microsoft.Extensions.Options;

namespace Iggy.Gateway.Tests;

/// <summary>How many reads may wait for messages.</summary>
public sealed class ReadWaitsTests
{
    // Goal: reads that find no place leave none taken behind. Method: nobody may wait, so each is refused before anything is asked.
    [Fact]
    public async Task Wait_MoreThanMayWait_IsRefusedAndCountsForNothing()
    {
        var waits = new ReadWaits(null!, null!, null!, Options.Create(new FrameLimits { MaxWaitingReads = 0 }), TimeProvider.System);
        var session = new Session(1, TransportKind.Tcp, "");
        for (var i = 0; i < 3; i++)
        {
            var error = await waits.WaitAsync(session, default(WaitingRead) with { Patience = new ReadPatience(1_000_000, 1, 1, 2_000_000) }, CancellationToken.None);
            Assert.Equal((IggyError.DeferredPollCapacityExceeded, 0), (error, waits.Waiting));
        }
    }
}
