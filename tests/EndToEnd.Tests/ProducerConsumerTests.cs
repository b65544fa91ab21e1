using System.Security.Cryptography;
using System.Text;
using Iggy.Client;
using Iggy.Protocol;
using Iggy.Testing;

namespace Iggy.EndToEnd.Tests;

/// <summary>Our client's producers and consumers, users, tokens and encryption against the real server.</summary>
public sealed class ProducerConsumerTests(ServerFixture fixture)
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private Task<IggyClient> ConnectAsync(Func<IggyClientOptions, IggyClientOptions>? change = null)
    {
        var options = IggyClientOptions.Parse($"iggy://{ServerProcess.Username}:{ServerProcess.Password}@{fixture.Server.Tcp}");
        return IggyClient.ConnectAsync(change?.Invoke(options) ?? options, Cancel);
    }

    private static async Task<(Identifier Stream, Identifier Topic)> CreateTopicAsync(IggyClient client, uint partitions)
    {
        var name = ServerFixture.NewName();
        await client.CreateStreamAsync(name, Cancel);
        await client.CreateTopicAsync(new(name), "events", partitions, cancellationToken: Cancel);
        return (new(name), new("events"));
    }

    // Goal: what a producer took arrives once and in order, and a consumer goes on after what it stored.
    [Fact]
    public async Task ProducerAndConsumer_TenThousandMessages_ArriveOnceInOrder()
    {
        const int Count = 10_000, First = 4_321;
        await using var client = await ConnectAsync();
        var (stream, topic) = await CreateTopicAsync(client, 1);
        await using (var producer = client.CreateProducer(new() { Stream = stream, Topic = topic, Partitioning = Partitioning.ToPartition(0), BatchCount = 333, BufferBytes = 100_000 }))
        {
            for (var i = 0; i < Count; i++)
                await producer.SendAsync(new($"{i}"), Cancel);
        }

        var options = new ConsumerOptions { Stream = stream, Topic = topic, Consumer = new(ConsumerKind.Single, new("reader")), Commit = AutoCommit.AfterEvery(100), Follow = false };
        var seen = new List<string>();
        await using (var consumer = client.CreateConsumer(options))
        {
            await foreach (var message in consumer.ReadAsync(Cancel))
            {
                seen.Add(message.Message.PayloadText);
                if (seen.Count == First)
                    break; // this one was not handled: it comes again
            }
        }
        seen.RemoveAt(First - 1);
        await using (var consumer = client.CreateConsumer(options))
        {
            await foreach (var message in consumer.ReadAsync(Cancel))
                seen.Add(message.Message.PayloadText);
        }
        Assert.Equal(Enumerable.Range(0, Count).Select(i => $"{i}"), seen);
    }

    // Goal: the server's disk never sees what a client with a key sends.
    [Fact]
    public async Task Cipher_MessagesOnDisk_AreNotReadable()
    {
        using var cipher = new MessageCipher(RandomNumberGenerator.GetBytes(32));
        await using var client = await ConnectAsync(options => options with { Cipher = cipher });
        await using var other = await ConnectAsync();
        var (stream, topic) = await CreateTopicAsync(client, 1);
        var marker = $"marker-{Guid.NewGuid()}";
        await client.SendMessageAsync(stream, topic, Partitioning.ToPartition(0), new(marker), Cancel);
        var reader = new Consumer(ConsumerKind.Single, new(0));
        using (var polled = await client.PollMessagesAsync(reader, stream, topic, 0, PollingStrategy.First, 1, cancellationToken: Cancel))
            Assert.Equal(marker, Assert.Single(polled).PayloadText);
        using (var polled = await other.PollMessagesAsync(reader, stream, topic, 0, PollingStrategy.First, 1, cancellationToken: Cancel))
            Assert.Equal(-1, Assert.Single(polled).Bytes.Span.IndexOf(Encoding.UTF8.GetBytes(marker)));
    }

    [Fact]
    public async Task Users_AndTokens_EveryCall_DoesWhatItSays()
    {
        await using var root = await ConnectAsync();
        var name = $"u{Guid.NewGuid():N}"[..20];
        var permissions = new Permissions(GlobalPermissions.ReadStreams, [new(1, StreamPermissionFlags.ReadStream, [])]);
        var made = await root.CreateUserAsync(name, "secret-1", permissions, cancellationToken: Cancel);
        Assert.Contains(made.User, await root.GetUsersAsync(Cancel));
        Assert.Equal(GlobalPermissions.ReadStreams, (await root.GetUserAsync(new(name), Cancel))!.Permissions!.Global);

        await root.ChangePasswordAsync(new(name), "secret-1", "secret-2", Cancel);
        await using var user = await ConnectAsync(options => options with { Credentials = Credentials.ForUser(name, "secret-2") });
        await user.GetStreamsAsync(Cancel);
        var token = await user.CreatePersonalAccessTokenAsync("mine", TimeSpan.FromHours(1), Cancel);
        Assert.Equal("mine", Assert.Single(await user.GetPersonalAccessTokensAsync(Cancel)).Name);
        await using (var byToken = await ConnectAsync(options => options with { Credentials = Credentials.ForToken(token) }))
            Assert.Equal(made.User.Id, (await byToken.GetMeAsync(Cancel)).Client.UserId);
        await user.DeletePersonalAccessTokenAsync("mine", Cancel);
        Assert.Empty(await user.GetPersonalAccessTokensAsync(Cancel));

        await root.UpdatePermissionsAsync(new(name), null, Cancel);
        Assert.Equal(IggyError.Unauthorized, (await Assert.ThrowsAsync<IggyException>(async () => await user.GetStreamsAsync(Cancel))).Error);
        await root.UpdateUserAsync(new(name), username: $"{name}x", status: UserStatus.Inactive, cancellationToken: Cancel);
        Assert.Equal((UserStatus.Inactive, $"{name}x"), await StatusAsync());
        await root.DeleteUserAsync(new($"{name}x"), Cancel);
        Assert.Null(await root.GetUserAsync(new($"{name}x"), Cancel));

        async Task<(UserStatus, string)> StatusAsync()
        {
            var found = (await root.GetUserAsync(new($"{name}x"), Cancel))!.User;
            return (found.Status, found.Username);
        }
    }

    [Fact]
    public async Task Snapshot_IsAZip()
    {
        await using var client = await ConnectAsync();
        var archive = await client.GetSnapshotAsync([SnapshotType.Test], cancellationToken: Cancel);
        Assert.Equal("PK"u8.ToArray(), archive[..2]);
    }
}
