using Iggy.Protocol;
using Iggy.Testing;
using Microsoft.Extensions.Time.Testing;

namespace Iggy.Client.Tests;

/// <summary>Consumers: what they hand out, and what they store when.</summary>
public sealed class ConsumerTests
{
    private static ConsumerOptions Group(AutoCommit commit) => new()
    {
        Stream = new("s"),
        Topic = new("t"),
        Consumer = new(ConsumerKind.Group, new("g")),
        BatchCount = 2,
        Commit = commit,
        Follow = false,
    };

    private static async Task<List<string>> ReadAsync(IggyConsumer consumer, Action<ConsumedMessage>? handle = null)
    {
        var seen = new List<string>();
        await foreach (var message in consumer.ReadAsync(Setup.Cancellation))
        {
            seen.Add(message.Message.PayloadText);
            handle?.Invoke(message);
        }
        return seen;
    }

    private static async Task RunAsync(GroupServer rules, ConsumerOptions options, Func<IggyConsumer, Task> test, TimeProvider? clock = null)
    {
        using var server = new ScriptedServer();
        var serving = server.ServeAsync(rules.Answer);
        await using (var client = await IggyClient.ConnectAsync(Setup.Options(server) with { Clock = clock ?? TimeProvider.System }, Setup.Cancellation))
        {
            await using var consumer = client.CreateConsumer(options);
            await test(consumer);
        }
        server.Dispose();
        await serving;
    }

    [Fact]
    public async Task Group_Missing_IsMadeJoinedReadAndLeft()
    {
        var rules = new GroupServer(["a0", "a1", "a2"], ["b0", "b1", "b2"]);
        await RunAsync(rules, Group(AutoCommit.AfterAll), async consumer =>
            Assert.Equal(["a0", "a1", "a2", "b0", "b1", "b2"], (await ReadAsync(consumer)).Order()));
        Assert.Equal([(0u, 1ul), (1u, 1ul), (0u, 2ul), (1u, 2ul)], rules.Stores);
        Assert.Equal((1, 1), (rules.Joins, rules.Leaves));
    }

    [Fact]
    public async Task Group_MissingAndNotToBeMade_IsRefused()
    {
        var rules = new GroupServer(["a0"]);
        await RunAsync(rules, Group(AutoCommit.AfterAll) with { CreateGroup = false }, async consumer =>
            Assert.Equal(IggyError.ConsumerGroupIdNotFound, (await Assert.ThrowsAsync<IggyException>(() => ReadAsync(consumer))).Error));
        Assert.False(rules.IsThere);
    }

    // Goal: who was thrown out joins again and goes on after what is stored, for any moment of it.
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(5)]
    public async Task Group_MembershipLost_IsJoinedAgain(int afterPolls)
    {
        var rules = new GroupServer(["a0", "a1", "a2"], ["b0", "b1", "b2"]) { IsThere = true, LoseAfterPolls = afterPolls };
        await RunAsync(rules, Group(AutoCommit.AfterEach), async consumer =>
            Assert.Equal(["a0", "a1", "a2", "b0", "b1", "b2"], (await ReadAsync(consumer)).Order()));
        Assert.Equal(2, rules.Joins);
    }

    // Goal: who stores by himself gets nothing twice, and nothing new of a partition before he has stored.
    [Fact]
    public async Task Group_CommitDisabled_WaitsForCommit()
    {
        var rules = new GroupServer(["a0", "a1", "a2"]) { IsThere = true };
        await RunAsync(rules, Group(AutoCommit.Disabled), async consumer =>
        {
            Assert.Equal(["a0", "a1"], await ReadAsync(consumer));
            Assert.Empty(rules.Stores);
            await consumer.CommitAsync(Setup.Cancellation);
            Assert.Equal(["a2"], await ReadAsync(consumer));
        });
        Assert.Equal([(0u, 1ul)], rules.Stores);
    }

    // Goal: a stored offset that somebody moved back is followed, not taken for a repetition.
    [Fact]
    public async Task Group_StoredOffsetMovedBack_IsFollowed()
    {
        var rules = new GroupServer(["a0", "a1", "a2"]) { IsThere = true };
        await RunAsync(rules, Group(AutoCommit.AfterAll), async consumer =>
        {
            await ReadAsync(consumer);
            rules.Stored[0] = 0;
            Assert.Equal(["a1", "a2"], await ReadAsync(consumer));
        });
    }

    [Fact]
    public async Task OnPolling_TheServerStores()
    {
        var rules = new GroupServer(["a0", "a1", "a2"]) { IsThere = true };
        await RunAsync(rules, Group(AutoCommit.OnPolling), async consumer =>
        {
            var seen = await ReadAsync(consumer, message => Assert.True(rules.Stored[0] >= message.Message.Offset));
            Assert.Equal(["a0", "a1", "a2"], seen);
        });
        Assert.Equal([(0u, 1ul), (0u, 2ul)], rules.Stores);
    }

    [Fact]
    public async Task AfterEvery_StoresAtTheCountAndAtTheEndOfABatch()
    {
        var rules = new GroupServer(["0", "1", "2", "3", "4"]) { IsThere = true };
        await RunAsync(rules, Group(AutoCommit.AfterEvery(2)) with { BatchCount = 5 }, ReadAsync);
        Assert.Equal([(0u, 1ul), (0u, 3ul), (0u, 4ul)], rules.Stores);

        static async Task ReadAsync(IggyConsumer consumer) => await ConsumerTests.ReadAsync(consumer);
    }

    // Goal: time alone is reason enough. Method: the clock moves while message 1 is handled.
    [Fact]
    public async Task At_StoresWhenTheTimeHasPassed()
    {
        var clock = new FakeTimeProvider();
        var rules = new GroupServer(["0", "1", "2", "3"]) { IsThere = true };
        await RunAsync(
            rules,
            Group(AutoCommit.At(TimeSpan.FromSeconds(5))) with { BatchCount = 4 },
            consumer => ReadAsync(consumer, message => clock.Advance(TimeSpan.FromSeconds(message.Message.Offset == 1 ? 5 : 0))),
            clock);
        Assert.Equal([(0u, 1ul), (0u, 3ul)], rules.Stores);
    }

    // Goal: what was not handled is not stored. Method: the handler fails at the third message.
    [Fact]
    public async Task Handler_ThatFails_LeavesItsMessageUnstored()
    {
        var rules = new GroupServer(["0", "1", "2", "3"]) { IsThere = true };
        await RunAsync(rules, Group(AutoCommit.AfterAll) with { BatchCount = 4 }, consumer =>
            Assert.ThrowsAsync<InvalidOperationException>(() => ReadAsync(consumer, message =>
            {
                if (message.Message.Offset == 2)
                    throw new InvalidOperationException();
            })));
        Assert.Equal([(0u, 1ul)], rules.Stores);
    }
}
