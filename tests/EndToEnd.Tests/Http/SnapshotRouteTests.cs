using System.IO.Compression;
using System.Net.Http.Headers;

namespace Iggy.EndToEnd.Tests.Http;

/// <summary>The support archive over HTTP.</summary>
public sealed class SnapshotRouteTests(HttpFixture fixture)
{
    [Theory]
    [InlineData("Stored", "Test", "test.txt")]
    [InlineData("Deflated", "Test", "test.txt")]
    [InlineData("Xz", "ProcessList\",\"ResourceUsage", "process_list.txt resource_usage.txt")]
    [InlineData("Deflated", "All", "filesystem_overview.txt process_list.txt resource_usage.txt server_config.txt server_logs.txt")]
    public async Task Archive_HoldsWhatWasAskedFor(string compression, string types, string entries)
    {
        using var client = await fixture.LogInAsync();
        using var http = new HttpClient { BaseAddress = new Uri($"http://{fixture.Server.Http}") };
        using var request = new HttpRequestMessage(HttpMethod.Post, "/snapshot") { Content = new StringContent($$"""{"compression":"{{compression}}","snapshot_types":["{{types}}"]}""", new MediaTypeHeaderValue("application/json")) };
        request.Headers.Authorization = new("Bearer", client.Token);
        using var answer = await http.SendAsync(request, TestContext.Current.CancellationToken);
        Assert.Equal((200, "application/zip"), ((int)answer.StatusCode, answer.Content.Headers.ContentType?.ToString()));
        Assert.Matches(@"^attachment; filename=""iggy_snapshot_\d{8}_\d{6}\.zip""$", answer.Content.Headers.ContentDisposition?.ToString());
        using var archive = new ZipArchive(await answer.Content.ReadAsStreamAsync(TestContext.Current.CancellationToken));
        Assert.Equal(entries, string.Join(' ', archive.Entries.Select(entry => entry.Name).Order(StringComparer.Ordinal)));
    }

    [Theory]
    [InlineData(400, """{"compression":"Deflated","snapshot_types":["All","Test"]}""")]
    [InlineData(422, """{"compression":"deflated","snapshot_types":["Test"]}""")]
    [InlineData(422, """{"compression":"Deflated","snapshot_types":["test"]}""")]
    [InlineData(422, """{"compression":"2","snapshot_types":["Test"]}""")]
    [InlineData(422, """{"compression":"Deflated"}""")]
    [InlineData(422, """{"snapshot_types":[]}""")]
    [InlineData(422, """{"compression":"Deflated","snapshot_types":null}""")]
    [InlineData(422, """{"compression":"Deflated","snapshot_types":[null]}""")]
    public async Task Request_ThatIsWrong_IsRefused(int status, string body)
    {
        using var client = await fixture.LogInAsync();
        await client.RefusedAsync(status, 3, "POST", "/snapshot", body);
    }
}
