using Iggy.Client;
using Iggy.Protocol;

namespace Iggy.Testing.Tests;

/// <summary>The server inside a test, used as a test uses it.</summary>
public sealed class IggyTestServerTests
{
    private static readonly Identifier _stream = new("s");
    private static readonly Identifier _topic = new("t");

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Restart_ClientGoesOn_SamePortSameData()
    {
        await using var server = await IggyTestServer.StartAsync(cancellationToken: Cancel);
        await using var client = await IggyClient.ConnectAsync(server.ConnectionString, Cancel);
        await MakeTopicAsync(client);
        await client.SendMessageAsync(_stream, _topic, Partitioning.ToPartition(0), new Message("kept"), Cancel);
        var before = server.ConnectionString;

        await server.RestartAsync(Cancel);

        Assert.Equal(before, server.ConnectionString);
        await client.PingAsync(Cancel);
        Assert.Equal(["kept"], await ReadAsync(client));
    }

    [Fact]
    public async Task Restart_ConsumerThatWaits_GoesOn()
    {
        await using var server = await IggyTestServer.StartAsync(cancellationToken: Cancel);
        await using var client = await IggyClient.ConnectAsync(server.ConnectionString, Cancel);
        await MakeTopicAsync(client);
        await using var consumer = client.CreateConsumer(new() { Stream = _stream, Topic = _topic });
        await using var messages = consumer.ReadAsync(Cancel).GetAsyncEnumerator(Cancel);
        for (var i = 0; i < 3; i++)
        {
            var next = messages.MoveNextAsync().AsTask();
            if (i == 1)
                await server.RestartAsync(Cancel);
            await client.SendMessageAsync(_stream, _topic, Partitioning.ToPartition(0), new Message($"{i}"), Cancel);
            Assert.True(await next.WaitAsync(TimeSpan.FromMinutes(1), Cancel));
            Assert.Equal($"{i}", messages.Current.Message.PayloadText);
        }
    }

    [Fact]
    public async Task Kill_UnderLoad_LosesNothingAcknowledged()
    {
        await using var server = await IggyTestServer.StartAsync(cancellationToken: Cancel);
        await using (var client = await IggyClient.ConnectAsync(server.ConnectionString, Cancel))
            await MakeTopicAsync(client);
        var sent = 0;
        for (var round = 0; round < 3; round++)
        {
            var acknowledged = new TaskCompletionSource();
            var first = sent;
            var sending = SendUntilCutAsync();
            await acknowledged.Task.WaitAsync(TimeSpan.FromMinutes(1), Cancel);
            await server.KillAsync(Cancel);
            Assert.False(server.IsRunning);
            await sending;
            await server.RestartAsync(Cancel);

            await using var reader = await IggyClient.ConnectAsync(server.ConnectionString, Cancel);
            var read = (await ReadAsync(reader)).Select(int.Parse).ToHashSet();
            Assert.Equal(Enumerable.Range(0, sent), Enumerable.Range(0, sent).Where(read.Contains));

            async Task SendUntilCutAsync()
            {
                var settings = IggyClientOptions.Parse(server.ConnectionString) with { Reconnect = ReconnectPolicy.Off };
                await using var client = await IggyClient.ConnectAsync(settings, Cancel);
                while (true)
                {
                    try
                    {
                        await client.SendMessageAsync(_stream, _topic, Partitioning.ToPartition(0), new Message($"{sent}"), Cancel);
                    }
                    catch (IggyException)
                    {
                        return;
                    }
                    if (++sent - first == 100)
                        acknowledged.SetResult();
                }
            }
        }
    }

    [Fact]
    public async Task ThreeServers_SideBySide_KnowNothingOfEachOther()
    {
        var servers = await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => IggyTestServer.StartAsync(cancellationToken: Cancel)));
        try
        {
            for (var i = 0; i < servers.Length; i++)
            {
                await using var client = await IggyClient.ConnectAsync(servers[i].ConnectionString, Cancel);
                await client.CreateStreamAsync($"only-{i}", Cancel);
                Assert.Equal([$"only-{i}"], (await client.GetStreamsAsync(Cancel)).Select(stream => stream.Name));
            }
        }
        finally
        {
            foreach (var server in servers)
                await server.DisposeAsync();
        }
    }

    [Fact]
    public async Task Clock_SetForward_MessagesAreOfThatTime()
    {
        await using var server = await IggyTestServer.StartAsync(cancellationToken: Cancel);
        await using var client = await IggyClient.ConnectAsync(server.ConnectionString, Cancel);
        await MakeTopicAsync(client);
        await client.SendMessageAsync(_stream, _topic, Partitioning.ToPartition(0), new Message("today"), Cancel);
        server.Clock.Advance(TimeSpan.FromDays(1));
        await client.SendMessageAsync(_stream, _topic, Partitioning.ToPartition(0), new Message("tomorrow"), Cancel);
        using var messages = await client.PollMessagesAsync(
            new(ConsumerKind.Single, default), _stream, _topic, 0, PollingStrategy.First, 10, autoCommit: false, Cancel);
        var times = messages.Select(message => message.TimestampMicros).ToArray();
        Assert.InRange((times[1] - times[0]) / 1e6, TimeSpan.FromDays(1).TotalSeconds, TimeSpan.FromDays(1.1).TotalSeconds);
    }

    [Fact]
    public async Task Folder_Given_StaysAndIsUsedAgain()
    {
        var folder = Directory.CreateTempSubdirectory("iggy-testing-").FullName;
        try
        {
            var options = new IggyTestServerOptions { DataPath = folder };
            await using (var server = await IggyTestServer.StartAsync(options, Cancel))
            await using (var client = await IggyClient.ConnectAsync(server.ConnectionString, Cancel))
                await client.CreateStreamAsync("kept", Cancel);
            await using var again = await IggyTestServer.StartAsync(options, Cancel);
            await using var reader = await IggyClient.ConnectAsync(again.ConnectionString, Cancel);
            Assert.NotNull(await reader.GetStreamAsync(new("kept"), Cancel));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task MakeTopicAsync(IggyClient client)
    {
        await client.CreateStreamAsync("s", Cancel);
        await client.CreateTopicAsync(_stream, "t", 1, cancellationToken: Cancel);
    }

    private static async Task<List<string>> ReadAsync(IggyClient client)
    {
        var read = new List<string>();
        await using var consumer = client.CreateConsumer(new() { Stream = _stream, Topic = _topic, Follow = false, Start = PollingStrategy.First, Commit = AutoCommit.Disabled });
        await foreach (var message in consumer.ReadAsync(Cancel))
            read.Add(message.Message.PayloadText);
        return read;
    }
}
