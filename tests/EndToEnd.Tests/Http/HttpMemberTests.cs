using Iggy.Client;
using Iggy.Protocol;
using Iggy.Testing;

namespace Iggy.EndToEnd.Tests.Http;

/// <summary>Members of consumer groups through our client over HTTP.</summary>
public sealed class HttpMemberTests(ServerFixture fixture)
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private static readonly Consumer _group = new(ConsumerKind.Group, new("workers"));

    private Task<IggyClient> ConnectAsync() => IggyClient.ConnectAsync($"iggy+http://{ServerProcess.Username}:{ServerProcess.Password}@{fixture.Server.Http}", Cancel);

    private static async Task<Identifier> CreateTopicAsync(IggyClient client, uint partitions)
    {
        var name = ServerFixture.NewName();
        await client.CreateStreamAsync(name, Cancel);
        await client.CreateTopicAsync(new(name), "t", partitions, cancellationToken: Cancel);
        for (var partition = 0u; partition < partitions; partition++)
            await client.SendMessagesAsync(new(name), new("t"), Partitioning.ToPartition(partition), [.. Enumerable.Range(0, 50).Select(i => new Message($"{partition}:{i}"))], Cancel);
        return new(name);
    }

    private static ConsumerOptions Options(Identifier stream) => new() { Stream = stream, Topic = new("t"), Consumer = _group, BatchCount = 7, Follow = false };

    // Goal: a consumer makes its group, joins it, reads every partition once and in order; the next one goes on behind it.
    [Fact]
    public async Task Consumer_OfAGroup_ReadsAllOnceAndStoresIt()
    {
        await using var client = await ConnectAsync();
        var stream = await CreateTopicAsync(client, 3);
        var seen = new List<(uint Partition, string Text)>();
        await using (var consumer = client.CreateConsumer(Options(stream)))
        {
            await foreach (var message in consumer.ReadAsync(Cancel))
                seen.Add((message.PartitionId, message.Message.PayloadText));
        }
        for (var partition = 0u; partition < 3; partition++)
            Assert.Equal(Enumerable.Range(0, 50).Select(i => $"{partition}:{i}"), seen.Where(one => one.Partition == partition).Select(one => one.Text));
        Assert.Equal(49ul, (await client.GetConsumerOffsetAsync(_group, stream, new("t"), 2, Cancel))!.Value.StoredOffset);
        Assert.Empty((await client.GetConsumerGroupAsync(stream, new("t"), new("workers"), Cancel))!.Members);

        await using var next = client.CreateConsumer(Options(stream));
        await foreach (var message in next.ReadAsync(Cancel))
            Assert.Fail($"{message.Message.PayloadText} came again.");
    }

    // Goal: two clients are two members that share the partitions, and the end of one leaves its share to the other at once.
    [Fact]
    public async Task TwoClients_OfOneUser_AreTwoMembersUntilOneIsDisposed()
    {
        await using var client = await ConnectAsync();
        var stream = await CreateTopicAsync(client, 4);
        await client.CreateConsumerGroupAsync(stream, new("t"), "workers", Cancel);
        var other = await ConnectAsync();
        await client.JoinConsumerGroupAsync(stream, new("t"), _group.Id, Cancel);
        await other.JoinConsumerGroupAsync(stream, new("t"), _group.Id, Cancel);
        var shared = (await client.GetConsumerGroupAsync(stream, new("t"), _group.Id, Cancel))!.Members;
        Assert.Equal([2, 2], shared.Select(member => member.Partitions.Length));

        await other.DisposeAsync();
        Assert.Equal(4, Assert.Single((await client.GetConsumerGroupAsync(stream, new("t"), _group.Id, Cancel))!.Members).Partitions.Length);
        Assert.Contains("workers", (await client.GetConsumerGroupsAsync(stream, new("t"), Cancel)).Select(group => group.Name));
        await client.LogOutAsync(Cancel);
        await using var root = await ConnectAsync();
        Assert.Empty((await root.GetConsumerGroupAsync(stream, new("t"), _group.Id, Cancel))!.Members);
        await root.DeleteConsumerGroupAsync(stream, new("t"), _group.Id, Cancel);
        Assert.Null(await root.GetConsumerGroupAsync(stream, new("t"), _group.Id, Cancel));
    }

    // Goal: who is no member is told so, as over TCP, and does not become one unasked.
    [Fact]
    public async Task Poll_OfANonMember_IsRefused()
    {
        await using var client = await ConnectAsync();
        var stream = await CreateTopicAsync(client, 1);
        await client.CreateConsumerGroupAsync(stream, new("t"), "workers", Cancel);
        await RefusesAsync(IggyError.ConsumerGroupMemberNotFound);
        await client.JoinConsumerGroupAsync(stream, new("t"), _group.Id, Cancel);
        using (var polled = await PollAsync())
            Assert.Equal(3, polled.Count);
        await client.StoreConsumerOffsetAsync(_group, stream, new("t"), null, 2, Cancel);
        await client.LeaveConsumerGroupAsync(stream, new("t"), _group.Id, Cancel);
        await RefusesAsync(IggyError.ConsumerGroupMemberNotFound);

        ValueTask<PolledMessages> PollAsync() => client.PollMessagesAsync(_group, stream, new("t"), null, PollingStrategy.Next, 3, cancellationToken: Cancel);

        async Task RefusesAsync(IggyError error) => Assert.Equal(error, (await Assert.ThrowsAsync<IggyException>(async () => (await PollAsync()).Dispose())).Error);
    }
}
