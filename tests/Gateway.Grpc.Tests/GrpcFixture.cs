using System.Globalization;
using Grpc.Core;
using Grpc.Net.Client;
using Iggy.Testing;
using Iggy.V1;

[assembly: AssemblyFixture(typeof(Iggy.Gateway.Grpc.Tests.GrpcFixture))]
[assembly: Trait("kind", "process")]

namespace Iggy.Gateway.Grpc.Tests;

/// <summary>One server for all tests that can share it; each works in a stream of its own.</summary>
public sealed class GrpcFixture : IAsyncLifetime
{
    private static int _names;

    public ServerProcess Server { get; private set; } = null!;

    public GrpcChannel Channel { get; private set; } = null!;

    /// <summary>Of root.</summary>
    public string Token { get; private set; } = "";

    public Messages.MessagesClient Messages => new(Channel);

    public Offsets.OffsetsClient Offsets => new(Channel);

    public Admin.AdminClient Admin => new(Channel);

    public static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    /// <summary>The settings of a server with this door open.</summary>
    public static Dictionary<string, string> Settings(params (string Name, string Value)[] more)
    {
        var settings = new Dictionary<string, string>
        {
            ["Iggy__Grpc__Enabled"] = "true", ["Iggy__Grpc__Address"] = "127.0.0.1:0", ["Iggy__Login__FailuresPerMinute"] = "0",
        };
        foreach (var (name, value) in more)
            settings[name] = value;
        return settings;
    }

    public static async Task<string> LogInAsync(ChannelBase channel, string name = ServerProcess.Username, string password = ServerProcess.Password) =>
        (await new Access.AccessClient(channel).LoginAsync(new LoginRequest { Username = name, Password = password })).AccessToken.Token;

    public static string NewName() => string.Create(CultureInfo.InvariantCulture, $"stream-{Interlocked.Increment(ref _names)}");

    public static Metadata Bearer(string token) => new() { { "authorization", "Bearer " + token } };

    public Metadata Root => Bearer(Token);

    public async ValueTask InitializeAsync()
    {
        Server = await ServerProcess.StartAsync(settings: Settings(("IGGY_HTTP_ENABLED", "true"), ("IGGY_HTTP_ADDRESS", "127.0.0.1:0")));
        Channel = GrpcChannel.ForAddress($"http://{Server.Grpc}");
        Token = await LogInAsync(Channel);
    }

    public async ValueTask DisposeAsync()
    {
        Channel?.Dispose();
        await Server.DisposeAsync();
        Directory.Delete(Server.DataPath, recursive: true);
    }

    /// <summary>A stream of its own with a topic called <c>t</c>.</summary>
    public async Task<string> NewTopicAsync(uint partitions = 1)
    {
        var stream = NewName();
        await Admin.CreateStreamAsync(new CreateStreamRequest { Name = stream }, Root, cancellationToken: Cancelled);
        await Admin.CreateTopicAsync(new CreateTopicRequest { Stream = stream, Name = "t", PartitionsCount = partitions }, Root, cancellationToken: Cancelled);
        return stream;
    }

    /// <summary>A topic of its own with a group called <c>g</c>.</summary>
    public async Task<string> NewGroupAsync(uint partitions = 1)
    {
        var stream = await NewTopicAsync(partitions);
        await Admin.CreateGroupAsync(new CreateGroupRequest { Stream = stream, Topic = "t", Name = "g" }, Root, cancellationToken: Cancelled);
        return stream;
    }

    /// <summary>Sends messages that are numbers, as texts.</summary>
    public async Task<SendResponse> SendAsync(string stream, int first, int count, uint? partition = 0, int payloadBytes = 0)
    {
        var request = new SendRequest { Stream = stream, Topic = "t" };
        if (partition is { } id)
            request.PartitionId = id;
        for (var i = first; i < first + count; i++)
            request.Messages.Add(new NewMessage { Payload = Google.Protobuf.ByteString.CopyFromUtf8(i.ToString(CultureInfo.InvariantCulture).PadRight(payloadBytes)) });
        return await Messages.SendAsync(request, Root, cancellationToken: Cancelled);
    }

    /// <summary>Opens a subscription.</summary>
    public Task<Subscriber> SubscribeAsync(Start start) => Subscriber.OpenAsync(Messages, Root, start);

    /// <summary>The error of a call, by the details that it carries.</summary>
    public static async Task<(StatusCode Status, string Reason, string Code)> RefusalAsync(Func<Task> call)
    {
        var failed = await Assert.ThrowsAsync<RpcException>(call);
        var info = failed.GetRpcStatus()?.GetDetail<Google.Rpc.ErrorInfo>();
        return (failed.StatusCode, info?.Reason ?? "", info?.Metadata["code"] ?? "");
    }
}
