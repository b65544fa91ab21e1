using Iggy.Testing;

namespace Iggy.EndToEnd.Tests.Http;

/// <summary>Messages that are pushed as server-sent events.</summary>
public sealed class PushTests(HttpFixture fixture)
{
    private const string Body = """{"partitioning":{"kind":"partition_id","value":"AAAAAA=="},"messages":[{"payload":"YQ=="},{"payload":"Yg=="}]}""";

    [Fact]
    public async Task Stream_MessagesBeforeAndAfterItBegan_ArrivesInOrder()
    {
        var (client, topic) = await fixture.NewTopicAsync();
        using var _ = client;
        await client.DoAsync("POST", $"{topic}/messages", Body);
        using var events = await EventReader.OpenAsync(fixture.Server, client.Token!, $"{topic}/messages/stream?kind=first");
        Assert.Equal("text/event-stream", events.ContentType);
        Assert.Equal(("0", "YQ=="), await events.NextMessageAsync());
        Assert.Equal(("1", "Yg=="), await events.NextMessageAsync());
        await client.DoAsync("POST", $"{topic}/messages", Body); // nobody asks for these: they come
        Assert.Equal(("2", "YQ=="), await events.NextMessageAsync());
        Assert.Equal(("3", "Yg=="), await events.NextMessageAsync());

        using var again = await EventReader.OpenAsync(fixture.Server, client.Token!, $"{topic}/messages/stream?kind=first", lastEventId: "2");
        Assert.Equal(("3", "Yg=="), await again.NextMessageAsync());
        using var newest = await EventReader.OpenAsync(fixture.Server, client.Token!, $"{topic}/messages/stream?kind=timestamp&value=18446744073709551615");
        await client.DoAsync("POST", $"{topic}/messages", Body);
        Assert.Equal(("4", "YQ=="), await newest.NextMessageAsync()); // what was there before is not what was asked for
        Assert.Equal(("4", "YQ=="), await again.NextMessageAsync());
    }

    [Fact]
    public async Task Stream_WhatCannotBegin_HasAStatus()
    {
        var (client, topic) = await fixture.NewTopicAsync();
        using var _ = client;
        await client.RefusedAsync(404, 3007, "GET", $"{topic}/messages/stream?partition_id=7");
        await client.RefusedAsync(404, 2010, "GET", $"{topic}x/messages/stream");
        await client.RefusedAsync(400, 3, "GET", $"{topic}/messages/stream?kind=x");
        client.Token = null;
        await client.RefusedAsync(401, 40, "GET", $"{topic}/messages/stream");
    }

    [Fact]
    public async Task Stream_OfATokenThatEnds_EndsBeforeTheNextMessage()
    {
        var (client, topic) = await fixture.NewTopicAsync();
        using var _ = client;
        using var other = await fixture.LogInAsync();
        await client.DoAsync("POST", $"{topic}/messages", Body);
        using var events = await EventReader.OpenAsync(fixture.Server, other.Token!, $"{topic}/messages/stream");
        Assert.Equal(("0", "YQ=="), await events.NextMessageAsync());
        Assert.Equal(("1", "Yg=="), await events.NextMessageAsync());
        await other.DoAsync("DELETE", "/users/logout");
        await client.DoAsync("POST", $"{topic}/messages", Body);
        var (name, data) = await events.NextAsync();
        Assert.Equal("error", name);
        Assert.StartsWith("{\"id\":40,", data, StringComparison.Ordinal);
        Assert.Null((await events.NextAsync()).Event);
    }

    // Goal: who deletes a personal access token stops what goes on with it, a second later at most. Method: messages until the stream has ended.
    [Fact]
    public async Task Stream_OfAPersonalTokenThatIsDeleted_Ends()
    {
        var (client, topic) = await fixture.NewTopicAsync();
        using var _ = client;
        var token = (await client.DoAsync("POST", "/personal-access-tokens", """{"name":"push","expiry":0}""")).GetProperty("token").GetString()!;
        await client.DoAsync("POST", $"{topic}/messages", Body);
        using var events = await EventReader.OpenAsync(fixture.Server, token, $"{topic}/messages/stream");
        Assert.Equal(("0", "YQ=="), await events.NextMessageAsync());
        Assert.Equal(("1", "Yg=="), await events.NextMessageAsync());
        await client.DoAsync("DELETE", "/personal-access-tokens/push");
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        (string? Event, string? Data) next;
        do
        {
            limit.Token.ThrowIfCancellationRequested();
            await client.DoAsync("POST", $"{topic}/messages", Body);
            next = await events.NextAsync();
        }
        while (next.Event is not (null or "error"));
        Assert.Equal("error", next.Event);
        Assert.StartsWith("{\"id\":40,", next.Data, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Stream_OfATopicThatGoes_Ends()
    {
        var (client, topic) = await fixture.NewTopicAsync();
        using var _ = client;
        await client.DoAsync("POST", $"{topic}/messages", Body);
        using var events = await EventReader.OpenAsync(fixture.Server, client.Token!, $"{topic}/messages/stream?value=1");
        Assert.Equal(("1", "Yg=="), await events.NextMessageAsync());
        await client.DoAsync("DELETE", topic);
        var (name, data) = await events.NextAsync();
        Assert.Equal("error", name);
        Assert.Contains("not_found", data, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Stop_WithOpenStreams_DoesNotWaitForThem()
    {
        await using var server = await ServerProcess.StartAsync(settings: HttpFixture.Settings);
        using var client = await ApiClient.LogInAsync(server);
        await client.DoAsync("POST", "/streams", """{"name":"s"}""");
        await client.DoAsync("POST", "/streams/s/topics", """{"name":"t","partitions_count":1,"compression_algorithm":"none","message_expiry":0,"max_topic_size":0}""");
        await client.DoAsync("POST", "/streams/s/topics/t/messages", Body);
        using var events = await EventReader.OpenAsync(server, client.Token!, "/streams/s/topics/t/messages/stream?value=1");
        await events.NextMessageAsync();
        var stopping = server.StopAsync();
        Assert.Null((await events.NextAsync()).Event);
        Assert.Equal(0, await stopping);
    }
}
