using System.Diagnostics;
using System.Text.Json;
using Iggy.Testing;

namespace Iggy.EndToEnd.Tests;

/// <summary>The tool as a process, against running servers.</summary>
public sealed class ToolTests(ServerFixture fixture)
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private Task<string> RunAsync(params string[] arguments) => RunAsync(fixture.Server, "", arguments);

    private static async Task<string> RunAsync(ServerProcess server, string input, params string[] arguments)
    {
        var start = new ProcessStartInfo(Path.Combine(AppContext.BaseDirectory, "iggy"), arguments) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var name in start.Environment.Keys.Where(name => name.StartsWith("IGGY_", StringComparison.Ordinal)).ToArray())
            start.Environment.Remove(name);
        (start.Environment["IGGY_USERNAME"], start.Environment["IGGY_PASSWORD"]) = (ServerProcess.Username, ServerProcess.Password);
        start.Environment["IGGY_TCP_SERVER_ADDRESS"] = server.Tcp.ToString();
        start.Environment["IGGY_HOME"] = server.DataPath;
        using var process = Process.Start(start)!;
        var (output, error) = (process.StandardOutput.ReadToEndAsync(Cancel), process.StandardError.ReadToEndAsync(Cancel));
        await process.StandardInput.WriteAsync(input.AsMemory(), Cancel);
        process.StandardInput.Close();
        await process.WaitForExitAsync(Cancel).WaitAsync(TimeSpan.FromMinutes(2), Cancel);
        Assert.True(process.ExitCode == 0, $"iggy {string.Join(' ', arguments)}: {process.ExitCode} {await error}");
        return await output;
    }

    private async Task<string> NewTopicAsync(uint partitions)
    {
        var stream = ServerFixture.NewName();
        await RunAsync("ping", "--wait");
        await RunAsync("stream", "create", stream);
        await RunAsync("topic", "create", stream, "t", $"{partitions}", "none");
        return stream;
    }

    private static string[] Lines(string text) => text.Split('\n', StringSplitOptions.RemoveEmptyEntries);

    // Goal: keys choose partitions as the server does, a group reads each message once, and a reset brings all again.
    [Fact]
    public async Task Group_ReadsAllOnce_AndAgainAfterAReset()
    {
        var stream = await NewTopicAsync(3);
        var sent = Enumerable.Range(0, 500).Select(i => $"{i % 17}={i}").ToArray();
        await RunAsync(fixture.Server, string.Join('\n', sent), "message", "send", stream, "t", "--key-separator", "=");
        await RunAsync("message", "send", stream, "t", "-m", "3", "by the server");
        var all = Lines(await RunAsync("message", "poll", stream, "t", "--first", "--until-end", "--format", "{partition} {payload}"));
        Assert.Equal(501, all.Length);
        var partition = all.Single(line => line.EndsWith("by the server", StringComparison.Ordinal))[0];
        Assert.All(Enumerable.Range(0, 500).Where(i => i % 17 == 3), i => Assert.Contains($"{partition} {i}", all));

        Assert.Equal(all.Order(), Lines(await RunAsync("message", "poll", stream, "t", "--group", "g", "-e", "--format", "{partition} {payload}")).Order());
        Assert.Equal("", await RunAsync("message", "poll", stream, "t", "--group", "g", "-e", "--format", "{payload}"));
        Assert.Contains("\"lag\":0,", await RunAsync("group", "describe", stream, "t", "g", "--output", "json"), StringComparison.Ordinal);

        await RunAsync("offset", "reset", "g", stream, "t", "--kind", "consumer-group", "--to-first");
        Assert.Contains("\"lag\":0,", await RunAsync("group", "describe", stream, "t", "g", "--output", "json"), StringComparison.Ordinal);
        await RunAsync("offset", "reset", "g", stream, "t", "--kind", "consumer-group", "--to-first", "--yes");
        Assert.Contains("\"lag\":501,", await RunAsync("group", "describe", stream, "t", "g", "--output", "json"), StringComparison.Ordinal);
        Assert.Equal(501, Lines(await RunAsync("message", "poll", stream, "t", "-g", "g", "-e", "--format", "{payload}")).Length);
    }

    [Fact]
    public async Task Offset_ToTime_IsTheFirstMessageOfThatTime()
    {
        var stream = await NewTopicAsync(1);
        foreach (var payload in (string[])["one", "two", "three"])
            await RunAsync("message", "send", stream, "t", payload);
        var times = Lines(await RunAsync("message", "poll", stream, "t", "0", "-f", "-e", "--format", "{timestamp_us}"));
        await RunAsync("offset", "reset", "me", stream, "t", "--to-time", times[1], "--yes");
        Assert.Equal("two\nthree\n", await RunAsync("message", "poll", stream, "t", "-c", "me", "-e", "--format", "{payload}"));
        Assert.Equal("three\n", await RunAsync("message", "poll", stream, "t", "--timestamp", times[2], "-e", "--format", "{payload}"));
    }

    [Fact]
    public async Task Copy_KeepsIdsHeadersAndTimesOfOrigin()
    {
        var (from, to) = (await NewTopicAsync(2), await NewTopicAsync(2));
        const string Format = "{partition}:{offset} {id} {origin_timestamp_us} {headers} {payload}";
        // An hour and a half apart: more than one batch of the newer dialect can tell.
        await RunAsync(fixture.Server, """
            {"text":"one","id":7,"origin_timestamp":1000000,"partition_id":1,"headers":{"k":"v"}}
            """, "message", "send", from, "t", "--json-lines");
        await RunAsync(fixture.Server, """
            {"text":"two","id":8,"origin_timestamp":6400000000,"partition_id":1}
            """, "message", "send", from, "t", "--json-lines");
        await RunAsync("message", "copy", from, "t", to, "t", "--consumer", "copier");
        Assert.Equal("1:0 7 1000000 k:string:v one\n1:1 8 6400000000  two\n", await RunAsync("message", "poll", to, "t", "-f", "-e", "--format", Format));
        Assert.Contains("0 messages copied", await RunAsync("message", "copy", from, "t", to, "t", "--consumer", "copier"), StringComparison.Ordinal);
    }

    // Goal: a dead letter goes back to where it was, as it was, once; what is no dead letter stays.
    [Fact]
    public async Task DeadLetters_ListedAndReplayed_GoBackOnce()
    {
        var stream = await NewTopicAsync(2);
        await RunAsync("topic", "create", stream, "t.dlq.g", "1", "none");
        await SendLetterAsync("first", 1);
        await RunAsync("message", "send", stream, "t.dlq.g", "-p", "0", "stranger");
        await SendLetterAsync("second", 0);

        var listed = JsonDocument.Parse(await RunAsync("dead-letter", "list", stream, "t", "g", "--output", "json")).RootElement;
        Assert.Equal(["first", "second"], listed.EnumerateArray().Select(one => one.GetProperty("payload").GetString()));
        Assert.Equal(("t", 1u, 41ul, 3, "broken"), (
            listed[0].GetProperty("origin_topic").GetString(), listed[0].GetProperty("origin_partition_id").GetUInt32(), listed[0].GetProperty("origin_offset").GetUInt64(),
            listed[0].GetProperty("attempts").GetInt32(), listed[0].GetProperty("error").GetString()));

        Assert.Contains("1 messages replayed", await RunAsync("dead-letter", "replay", stream, "t", "g", "-m", "1"), StringComparison.Ordinal);
        Assert.Equal("second", Assert.Single(JsonDocument.Parse(await RunAsync("dead-letter", "list", stream, "t", "g", "--output", "json")).RootElement.EnumerateArray()).GetProperty("payload").GetString());
        Assert.Contains("\"messages_count\":1,\"skipped_count\":1", await RunAsync("dead-letter", "replay", stream, "t", "g", "--output", "json"), StringComparison.Ordinal);
        Assert.Contains("\"messages_count\":0,", await RunAsync("dead-letter", "replay", stream, "t", "g", "--output", "json"), StringComparison.Ordinal);
        Assert.Equal(2, JsonDocument.Parse(await RunAsync("dead-letter", "list", stream, "t", "g", "--all", "--output", "json")).RootElement.GetArrayLength());
        Assert.Equal(
            ["0 k:string:v second", "1 k:string:v first"],
            Lines(await RunAsync("message", "poll", stream, "t", "-f", "-e", "--format", "{partition} {headers} {payload}")).Order());

        async Task SendLetterAsync(string text, uint partition) => await RunAsync(
            fixture.Server, "", "message", "send", stream, "t.dlq.g", text, "-p", "0",
            "-H", $"k:string:v,iggy-dlq-topic:string:t,iggy-dlq-partition:uint32:{partition},iggy-dlq-offset:uint64:41,iggy-dlq-group:string:g,iggy-dlq-attempts:int32:3,iggy-dlq-error:string:broken");
    }

    // Goal: everything comes over once, however often and wherever the mirror is stopped. Method: a second server brought up in three runs; before the
    // last, the note of how far the copy is goes back, as if the run before had been killed between a send and its note.
    [Theory]
    [InlineData("newer")]
    [InlineData("classic")]
    public async Task Mirror_StoppedAndRunAgain_CopiesEverythingOnce(string dialect)
    {
        await using var target = await ServerProcess.StartAsync();
        try
        {
            var stream = await NewTopicAsync(2);
            await RunAsync(fixture.Server, string.Join('\n', Enumerable.Range(0, 1000)), "message", "send", stream, "t", "-p", "0", "-H", "k:int32:5");
            await RunAsync("message", "send", stream, "t", "-p", "1", "alone");
            await RunAsync("consumer-group", "create", stream, "t", "g");
            await RunAsync("offset", "set", "g", stream, "t", "0", "600", "-k", "consumer-group");
            await RunAsync("offset", "set", "single", stream, "t", "0", "50");
            string[] mirror = ["mirror", stream, "--from", $"iggy://{ServerProcess.Username}:{ServerProcess.Password}@{fixture.Server.Tcp}?dialect={dialect}", "--name", "m", "--consumer", "single", "--output", "json"];

            Assert.Equal(1001, JsonDocument.Parse(await RunAsync(target, "", mirror)).RootElement[0].GetProperty("messages_count").GetInt32());
            Assert.Equal(0, JsonDocument.Parse(await RunAsync(target, "", mirror)).RootElement[0].GetProperty("messages_count").GetInt32());
            await RunAsync("message", "send", stream, "t", "-p", "0", "later");
            await RunAsync("offset", "set", "m", stream, "t", "0", "989");
            Assert.Equal(1, JsonDocument.Parse(await RunAsync(target, "", mirror)).RootElement[0].GetProperty("messages_count").GetInt32());

            string[] poll = ["message", "poll", stream, "t", "-f", "-e", "--format", "{partition}:{offset} {id} {origin_timestamp_us} {headers} {payload}"];
            var copied = Lines(await RunAsync(target, "", poll));
            Assert.Equal(1002, copied.Length);
            Assert.Equal(Lines(await RunAsync(poll)).Order(), copied.Order());
            Assert.Contains("\"stored_offset\":600", await RunAsync(target, "", "group", "describe", stream, "t", "g", "--output", "json"), StringComparison.Ordinal);
            Assert.Contains("\"stored_offset\":50", await RunAsync(target, "", "offset", "get", "single", stream, "t", "0", "--output", "json"), StringComparison.Ordinal);
        }
        finally
        {
            await target.StopAsync();
            Directory.Delete(target.DataPath, recursive: true);
        }
    }

    [Fact]
    public async Task Session_Status_TellsWhoAndForHowLong()
    {
        await RunAsync("login", "8hours");
        var status = await RunAsync("session", "status", "--output", "json");
        Assert.Contains($"\"server\":\"{fixture.Server.Tcp}\"", status, StringComparison.Ordinal);
        Assert.Contains("\"session_expires_at\":", status, StringComparison.Ordinal);
        await RunAsync("logout");
        Assert.DoesNotContain("session_expires_at", await RunAsync("session", "status", "--output", "json"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("tcp")]
    [InlineData("http")]
    public async Task Topic_Set_IsInForce(string transport)
    {
        string[] reach = ["--transport", transport, "--http-api-url", $"http://{fixture.Server.Http}"];
        var stream = ServerFixture.NewName();
        await RunAsync("stream", "create", stream);
        await RunAsync([.. reach, "topic", "create", stream, "t", "1", "none", "--set", "segment_size=16MiB"]);
        using var api = await Http.ApiClient.LogInAsync(fixture.Server);
        Assert.Equal("16777216", (await api.DoAsync("GET", $"/streams/{stream}/topics/t")).GetProperty("options").GetProperty("segment_size").GetProperty("value").GetString());
        await RunAsync([.. reach, "topic", "update", stream, "t", "t", "none", "--set", "message_expiry=1h"]); // most others are fixed once the topic is there
        Assert.Equal("3600000000", (await api.DoAsync("GET", $"/streams/{stream}/topics/t")).GetProperty("options").GetProperty("message_expiry").GetProperty("value").GetString());

        foreach (var (option, fault) in new[] { ("a=1", "There is no option 'a' of topics"), ("segment_size=big", "The option 'segment_size' can't be 'big'.") })
        {
            var failure = await Assert.ThrowsAnyAsync<Exception>(() => RunAsync([.. reach, "topic", "create", stream, "other", "1", "none", "--set", option]));
            Assert.Contains($": 2 {fault}", failure.Message, StringComparison.Ordinal);
        }

        var options = await RunAsync([.. reach, "options", "topic", "--output", "json"]);
        Assert.Contains("""{"name":"segment_size","kind":"uint64","default":"1073741824",""", options, StringComparison.Ordinal);
    }

    // Goal: what was sent is what was polled, the page needs nothing else, and nothing is left behind.
    [Fact]
    public async Task Bench_ReportsAndLeavesNothing()
    {
        var page = Path.GetTempFileName();
        try
        {
            var report = JsonDocument.Parse(await RunAsync(
                "bench", "--messages", "5001", "--message-size", "100", "--batch-size", "200", "--producers", "3", "--consumers", "2", "--partitions", "3", "--html", page, "--output", "json")).RootElement;
            Assert.All(report.GetProperty("runs").EnumerateArray(), run => Assert.Equal(5001, run.GetProperty("messages").GetInt64()));
            Assert.All(report.GetProperty("runs").EnumerateArray(), run => Assert.True(run.GetProperty("p50_ms").GetDouble() > 0));
            var html = await File.ReadAllTextAsync(page, Cancel);
            Assert.Equal(2, html.Split("<polyline").Length - 1);
            Assert.DoesNotContain("//", html, StringComparison.Ordinal); // asks no other host
            Assert.DoesNotContain("bench-", await RunAsync("stream", "list"), StringComparison.Ordinal);
        }
        finally
        {
            File.Delete(page);
        }
    }
}
