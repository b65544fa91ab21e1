using Iggy.Testing;

namespace Iggy.Cli.Tests;

/// <summary>The tool over HTTP: its options, and that commands work as over TCP.</summary>
public sealed class HttpTransportTests
{
    private const string Streams = """[{"id":0,"created_at":1758000000000000,"name":"orders","size":"1.5 KB","messages_count":10,"topics_count":1}]""";

    private const string Poll =
        """{"partition_id":2,"current_offset":7,"count":1,"messages":[{"header":{"checksum":1,"id":340282366920938463463374607431768211455,"offset":7,"timestamp":1,"origin_timestamp":2,"user_headers_length":0,"payload_length":5,"reserved":0},"payload":"aGVsbG8=","user_headers":""}]}""";

    private static ApiAnswer Answer(ApiRequest request) => request.Path switch
    {
        "/users/login" => new(200, ScriptedApi.Login),
        "/ping" => new(200, "pong"),
        "/streams" => new(200, Streams),
        "/streams/nothing" => new(404, """{"id":404,"code":"not_found","reason":"Resource not found","field":null}"""),
        _ when request.Method == "POST" => new(201),
        _ => new(200, Poll),
    };

    private static async Task<(ToolResult Result, ApiRequest[] Requests)> RunAsync(string arguments, bool isByEnvironment = false)
    {
        await using var api = new ScriptedApi(Answer);
        using var tool = new Tool();
        if (isByEnvironment)
            (tool.Variables["IGGY_TRANSPORT"], tool.Variables["IGGY_HTTP_API_URL"]) = ("http", $"http://{api.Address}");
        var result = await tool.RunAsync(isByEnvironment ? arguments : $"--transport http --http-api-url http://{api.Address}/ {arguments}");
        Assert.Empty(result.Requests); // nothing by TCP
        return (result, api.Requests);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task StreamList_IsAskedByHttp(bool isByEnvironment)
    {
        var (result, requests) = await RunAsync("stream list --output json", isByEnvironment);
        Assert.Equal(ExitCode.Ok, result.Code);
        Assert.Contains("\"orders\"", result.Out, StringComparison.Ordinal);
        Assert.Equal(["POST /users/login", "GET /streams"], requests.Select(request => request.Line));
    }

    [Fact]
    public async Task Messages_AreSentAndPolledByHttp()
    {
        var (sent, requests) = await RunAsync("message send --partition-id 2 orders t hello");
        Assert.Equal((ExitCode.Ok, "POST /streams/orders/topics/t/messages"), (sent.Code, requests[1].Line));
        Assert.Contains("\"payload\":\"aGVsbG8=\"", requests[1].Body, StringComparison.Ordinal);

        var (polled, _) = await RunAsync("message poll orders t 2 --offset 7");
        Assert.Equal(ExitCode.Ok, polled.Code);
        Assert.Contains("hello", polled.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Failures_HaveTheExitCodesOfEveryTransport()
    {
        Assert.Equal(ExitCode.NotFound, (await RunAsync("stream get nothing")).Result.Code);
        var (me, _) = await RunAsync("me");
        Assert.Equal(ExitCode.Refused, me.Code);
        Assert.Contains("Over HTTP this is not possible", me.Error, StringComparison.Ordinal);

        using var tool = new Tool();
        var address = tool.Address;
        tool.StopServer();
        var unreached = await tool.RunAsync($"--transport http --http-api-url http://{address} ping");
        Assert.Equal(ExitCode.NoConnection, unreached.Code);
        Assert.Contains(address, unreached.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("ftp://localhost:3000")]
    [InlineData("localhost:3000")]
    [InlineData("http://localhost:3000/api")]
    [InlineData("http://user@localhost:3000")]
    public async Task Url_ThatIsNone_IsAUsageError(string url)
    {
        using var tool = new Tool();
        Assert.Equal(ExitCode.Usage, (await tool.RunAsync($"--transport http --http-api-url {url} ping")).Code);
    }
}
