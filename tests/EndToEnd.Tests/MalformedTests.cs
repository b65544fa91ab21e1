using System.Globalization;
using System.Text.RegularExpressions;
using Iggy.Protocol;
using Iggy.Protocol.Tests;
using Iggy.Testing;
using static Iggy.Testing.RawClient;

namespace Iggy.EndToEnd.Tests;

/// <summary>Requests of released clients, cut and lengthened, against the running server: the code of the protocol, and the connection in step.</summary>
/// <remarks>A request is judged before the login is, so a stranger's connection hears of every fault and can change nothing. Sends are the exception:
/// those of a stranger are drained unread, so they come from a user, for a stream that is not there.</remarks>
public sealed partial class MalformedTests(ServerFixture fixture)
{
    private const uint InvalidCommand = 3, InvalidFormat = 4, Unauthenticated = 40, StreamNotFound = 1009, NoMessages = 4009, MissingIndex = 4033, InvalidSize = 4036;

    [Fact]
    public async Task Control_CutAnywhere_Answers3AndTheConnectionStaysInStep()
    {
        using var stranger = await ConnectAsync(fixture.Server.Tcp);
        var cuts = 0;
        foreach (var vector in Controls())
        {
            var needed = vector.Payload.Length - AddedBytes(vector);
            for (var length = 0; length < needed; length++, cuts++)
                await ExpectAsync(stranger, vector, vector.Payload[..length], InvalidCommand, $"cut to {length} bytes");
            await StaysInStepAsync(stranger);
        }
        Assert.True(cuts > 2000, $"Only {cuts} cuts.");
    }

    [Fact]
    public async Task Control_WholeOrLonger_IsTakenAndWithoutALoginAnswers40()
    {
        using var stranger = await ConnectAsync(fixture.Server.Tcp);
        foreach (var vector in Controls().Where(vector => vector.Code is not (CommandCode.LoginUser or CommandCode.LoginWithPersonalAccessToken)))
        {
            await ExpectAsync(stranger, vector, vector.Payload, Unauthenticated, "whole");
            await ExpectAsync(stranger, vector, [.. vector.Payload, 0], Unauthenticated, "a byte longer");
            await ExpectAsync(stranger, vector, [.. vector.Payload, .. new byte[70_000]], Unauthenticated, "70,000 bytes longer");
        }
    }

    [Fact]
    public async Task Control_ThatItsClientSpoilt_GetsTheCodeOfTheNote()
    {
        using var stranger = await ConnectAsync(fixture.Server.Tcp);
        var spoilt = Vectors.Requests.Where(IsSpoilt).ToArray();
        Assert.True(spoilt.Length >= 5);
        foreach (var vector in spoilt)
            await ExpectAsync(stranger, vector, vector.Payload, Answered(vector)!.Value, vector.Note);
        await StaysInStepAsync(stranger);
    }

    [Fact]
    public async Task Send_CutAnywhere_AnswersWhatTheCutHit()
    {
        await using var server = await ServerProcess.StartAsync(); // where no stream of the captured names is
        using var client = await LogInAsync(server.Tcp);
        foreach (var vector in Vectors.Requests.Where(vector => vector.Code is CommandCode.SendMessages))
        {
            var payload = vector.Payload;
            var metadataEnd = 4 + BitConverter.ToInt32(payload);
            var count = BitConverter.ToInt32(payload, metadataEnd - 4);
            var messages = metadataEnd + (16 * count);
            for (var length = 0; length < payload.Length; length++)
                await ExpectAsync(client, vector, payload[..length], length < messages ? InvalidCommand : MissingIndex, $"cut to {length} bytes");
            await ExpectAsync(client, vector, payload, count == 0 ? NoMessages : StreamNotFound, "whole");
            await ExpectAsync(client, vector, [.. payload, 0], count == 0 ? NoMessages : InvalidSize, "a byte longer");
            await ExpectAsync(client, vector, Join(U32((uint)(metadataEnd - 4 + 3)), payload[4..metadataEnd], new byte[3], payload[metadataEnd..]),
                count == 0 ? NoMessages : StreamNotFound, "three bytes behind the count, which nobody reads");
            await StaysInStepAsync(client);
        }
        Assert.Empty(await client.DoAsync(201));
    }

    private static IEnumerable<Vector> Controls() => Vectors.Requests.Where(vector => vector.Code is not CommandCode.SendMessages && vector.Payload.Length > 0 && !IsSpoilt(vector));

    private static bool IsSpoilt(Vector vector) => Answered(vector) is InvalidCommand or InvalidFormat;

    private static uint? Answered(Vector vector) =>
        AnsweredNote().Match(vector.Note) is { Success: true } match ? uint.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture) : null;

    private static int AddedBytes(Vector vector) =>
        AddedNote().Match(vector.Note) is { Success: true } match ? int.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture) : 0;

    private static async Task ExpectAsync(RawClient client, Vector vector, byte[] payload, uint expected, string what)
    {
        var (status, _) = await client.AskAsync((uint)vector.Code, payload);
        Assert.True(expected == status, $"{vector.Where} {vector.Name}, {what}: expected {expected}, got {status}.");
    }

    private static async Task StaysInStepAsync(RawClient client) => Assert.Equal((0u, 0), (await client.AskAsync(1)) is var (status, reply) ? (status, reply.Length) : default);

    [GeneratedRegex("; answered ([0-9]+)$")]
    private static partial Regex AnsweredNote();

    [GeneratedRegex("; bytes after the last field ([0-9]+): ")]
    private static partial Regex AddedNote();
}
