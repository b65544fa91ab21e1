using Iggy.Grains.Interfaces;
using Iggy.Grains.Interfaces.Partitions;
using Iggy.Grains.Tests.Setup;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Serialization;
using static Iggy.Grains.Tests.Setup.Messages;

namespace Iggy.Grains.Tests;

/// <summary>Polls that are made beside the partition's turns.</summary>
public sealed class LargePollTests(SharedServer shared) : IClassFixture<SharedServer>
{
    private static readonly string[] s_payloads = [.. Enumerable.Range(0, 30).Select(i => new string((char)('a' + (i % 26)), 100_000))];

    private readonly Server _server = shared.Server;

    [Fact]
    public async Task Poll_MoreThanMayBeWhole_ComesInPieces()
    {
        var partition = await FillAsync("pieces");
        var polled = await partition.PollAsync(Large(PollFrom.First));
        Assert.Equal((Refusal.None, 29UL, 30u, null), (polled.Refusal, polled.CurrentOffset, polled.Count, polled.Messages));
        Assert.Equal(30 * 100_064, polled.Large!.Bytes);
        Assert.InRange(polled.Large.PieceBytes, 100_064, 1 << 20);
        Assert.Equal(s_payloads, await ReadAsync(polled));
        Assert.Equal(Refusal.ConsumerOffsetNotFound, (await partition.GetOffsetAsync(Consumer)).Refusal);
    }

    // Goal: what one poll of a consumer got no other one gets, although the polls are made side by side.
    [Fact]
    public async Task Poll_NextWithAutoCommitSideBySide_GivesEachMessageOnce()
    {
        var partition = await FillAsync("side by side");
        var polls = Enumerable.Range(0, 8).Select(_ => partition.PollAsync(Large(PollFrom.Next, count: 10, autoCommit: true)).AsTask()).ToArray();
        var read = new List<string>();
        foreach (var poll in polls)
            read.AddRange(await ReadAsync(await poll));
        Assert.Equal(s_payloads.Order(StringComparer.Ordinal), read.Order(StringComparer.Ordinal));
        Assert.Equal(29UL, (await partition.GetOffsetAsync(Consumer)).StoredOffset);
    }

    [Fact]
    public async Task Poll_PurgedWhileItIsMade_StoresNothingOfWhatIsGone()
    {
        var partition = await FillAsync("purged");
        var (poll, purge) = (partition.PollAsync(Large(PollFrom.First, autoCommit: true)).AsTask(), partition.PurgeAsync().AsTask());
        Assert.Equal(Refusal.None, await purge);
        var polled = await poll;
        Assert.Contains(polled.Count, new uint[] { 0, 30 }); // after the purge, or before it
        await ReadAsync(polled);
        Assert.Equal(Refusal.ConsumerOffsetNotFound, (await partition.GetOffsetAsync(Consumer)).Refusal);
    }

    [Fact]
    public async Task Pieces_PartitionIsDeletedMeanwhile_AreStillThere()
    {
        var partition = await FillAsync("deleted");
        var polled = await partition.PollAsync(Large(PollFrom.First));
        Assert.Equal(Refusal.None, await partition.DeleteAsync());
        Assert.Equal(s_payloads, await ReadAsync(polled));
    }

    // Goal: a member that loses its partition while its poll is made gets nothing, or what it got holds the partition until it is committed.
    [Fact]
    public async Task PollGroup_RevokedWhileItIsMade_IsDeliveredOrStale()
    {
        var partition = await FillAsync("revoked");
        var claim = new GroupClaim(3, Guid.NewGuid(), 1);
        await partition.AssignGroupAsync(claim);
        var poll = partition.PollGroupAsync(Large(PollFrom.First), claim).AsTask();
        var hold = await partition.RevokeGroupAsync(claim);
        var polled = (await poll).Poll;
        Assert.Equal(hold.IsReleased ? Refusal.StaleClaim : Refusal.None, polled.Refusal);
        await ReadAsync(polled);
    }

    [Fact]
    public async Task PollGroup_WithAutoCommit_EndsTheTermWithTheCommit()
    {
        var partition = await FillAsync("members");
        var claim = new GroupClaim(3, Guid.NewGuid(), 1);
        var request = Large(PollFrom.Next, count: 15, autoCommit: true) with { Consumer = new ConsumerKey(ConsumerKind.Group, 3) };
        await partition.AssignGroupAsync(claim);
        var first = await partition.PollGroupAsync(request, claim);
        Assert.False(first.IsReleased);
        Assert.Equal(s_payloads[..15], await ReadAsync(first.Poll));
        var second = await partition.PollGroupAsync(request, claim);
        Assert.Equal(s_payloads[15..], await ReadAsync(second.Poll));
        Assert.True((await partition.RevokeGroupAsync(claim)).IsReleased); // all of it is committed
        Assert.Equal(Refusal.StaleClaim, (await partition.PollGroupAsync(request with { From = PollFrom.First }, claim)).Poll.Refusal);
    }

    [Fact]
    public async Task LargeReply_BetweenSilos_CarriesItsPieces()
    {
        var partition = await FillAsync("travels");
        var polled = await partition.PollAsync(Large(PollFrom.First));
        var serializer = _server.Services.GetRequiredService<Serializer>();
        var there = serializer.Deserialize<PollResult>(serializer.SerializeToArray(polled));
        Assert.Equal((polled.Large!.Bytes, polled.Large.PieceBytes), (there.Large!.Bytes, there.Large.PieceBytes));
        Assert.Equal(s_payloads, await ReadAsync(there));
    }

    private static PollRequest Large(PollFrom from, uint count = 100, bool autoCommit = false) =>
        Poll(from, count: count, autoCommit: autoCommit, headroom: 24, maxBytes: 64 << 20) with { WholeBytes = 64 << 10 };

    private async Task<IPartitionGrain> FillAsync(string name)
    {
        var partition = await _server.MakePartitionAsync(name);
        foreach (var payload in s_payloads)
            Assert.Equal(Refusal.None, (await partition.AppendAsync(Batch(payload))).Refusal);
        return partition;
    }

    private static async Task<string[]> ReadAsync(PollResult polled)
    {
        using var large = polled.Large;
        var (read, bytes) = (new List<string>(), 0L);
        while (large is not null && await large.NextAsync() is { } piece)
        {
            bytes += piece.Bytes.Length;
            read.AddRange(Read(new PollResult(Refusal.None, 0, CountIn(piece.Bytes.Span), piece)).Select(static message => message.Payload));
        }
        Assert.Equal((int)polled.Count, read.Count);
        Assert.Equal(large?.Bytes ?? 0, bytes);
        return [.. read];
    }
}
