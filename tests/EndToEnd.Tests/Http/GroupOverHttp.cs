using System.Globalization;
using System.Text.Json;
using Iggy.Testing;

namespace Iggy.EndToEnd.Tests.Http;

/// <summary>A topic with a group called <c>g</c>.</summary>
internal sealed record GroupOverHttp(ServerProcess Server, ApiClient Owner, string Path, uint StreamId, uint Partitions) : IDisposable
{
    private readonly List<ApiClient> _clients = [];

    public static async Task<GroupOverHttp> MakeAsync(ServerProcess server, uint partitions)
    {
        var (owner, name) = (await ApiClient.LogInAsync(server), HttpFixture.NewName());
        var stream = await owner.DoAsync("POST", "/streams", $$"""{"name":"{{name}}"}""");
        await owner.DoAsync("POST", $"/streams/{name}/topics", $$"""{"name":"t","partitions_count":{{partitions}},"compression_algorithm":"none","message_expiry":0,"max_topic_size":0}""");
        await owner.DoAsync("POST", $"/streams/{name}/topics/t/consumer-groups", """{"name":"g"}""");
        return new GroupOverHttp(server, owner, $"/streams/{name}/topics/t", stream.GetProperty("id").GetUInt32(), partitions);
    }

    public string Membership => $"{Path}/consumer-groups/g/membership";

    public async Task<Member> MemberAsync(string? session)
    {
        var client = await ApiClient.LogInAsync(Server);
        lock (_clients)
            _clients.Add(client);
        return new Member(client, Path, session);
    }

    public async Task SendAsync(int each)
    {
        for (var partition = 0u; partition < Partitions; partition++)
        {
            var messages = string.Join(',', Enumerable.Repeat("""{"payload":"YQ=="}""", each));
            await Owner.DoAsync("POST", $"{Path}/messages", $$$"""{"partitioning":{"kind":"partition_id","value":"{{{Convert.ToBase64String(BitConverter.GetBytes(partition))}}}"},"messages":[{{{messages}}}]}""");
        }
    }

    // Asks until the members' partitions are as wanted, which some event at the server must bring about. Returns how many members there are.
    public async Task<string> WhenAsync(Func<uint[][], bool> wanted)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        while (true)
        {
            var group = await Owner.DoAsync("GET", $"{Path}/consumer-groups/g");
            var members = group.GetProperty("members").EnumerateArray().Select(member => member.GetProperty("partitions").EnumerateArray().Select(id => id.GetUInt32()).ToArray()).ToArray();
            if (wanted(members))
                return members.Length.ToString(CultureInfo.InvariantCulture);
            if (limit.IsCancellationRequested)
                throw new TimeoutException($"The group stays at {group}.");
        }
    }

    public void Dispose()
    {
        Owner.Dispose();
        foreach (var client in _clients)
            client.Dispose();
    }
}

/// <summary>A client that reads for the group.</summary>
internal sealed record Member(ApiClient Client, string Topic, string? Session)
{
    public const string AsGroup = "consumer_kind=group&consumer_id=g";

    public Task<ApiAnswer> AskAsync(string path, string method = "GET", string? body = null) =>
        Client.AskAsync(method, path, body, headers: Session is null ? [] : [("Iggy-Session", Session)]);

    public async Task<JsonElement> DoAsync(string path)
    {
        var answer = await AskAsync(path);
        Assert.True(answer.Status == 200, $"{path}: {answer.Status} {answer.Body}");
        return answer.Json;
    }

    /// <summary>What a poll finds: <c>partition/offset</c> of each message.</summary>
    public async Task<string> PollAsync(string query = "")
    {
        var reply = await DoAsync($"{Topic}/messages?{AsGroup}{(query.Contains("auto_commit", StringComparison.Ordinal) ? "" : "&auto_commit=true")}&{query}");
        var partition = reply.GetProperty("partition_id").GetUInt32();
        return string.Join(' ', reply.GetProperty("messages").EnumerateArray().Select(message => $"{partition}/{message.GetProperty("header").GetProperty("offset").GetUInt64()}"));
    }
}
