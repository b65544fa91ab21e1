using System.Text.Json;

namespace Iggy.Protocol.Tests;

/// <summary>One whole frame of the released 0.11.0, or of a pre-release of 0.12: made by its own encoders, or sent by its Rust SDK.</summary>
/// <param name="Where">File line, for messages of failing tests.</param>
/// <param name="IsCaptured">Sent by the SDK.</param>
/// <param name="Direction">request, reply or eviction.</param>
/// <param name="Code">The command; none for evictions and for codes that only clusters of several servers know.</param>
/// <param name="RawCode">The same as a number.</param>
/// <param name="Frame">Header and body.</param>
/// <param name="Payload">Of a request its body; of a reply what follows the result section, unless it is a rejection.</param>
/// <param name="Note">What it is.</param>
internal sealed record ReleasedFrame(string Where, bool IsCaptured, string Direction, CommandCode Code, uint RawCode, byte[] Frame, byte[] Payload, string Note)
{
    /// <summary>All of them, in the order of the file.</summary>
    public static IReadOnlyList<ReleasedFrame> All { get; } = Load("wire-0.11.jsonl");

    /// <summary>Those of the pre-releases of 0.12, the last that could be had: not yet what its release says.</summary>
    public static IReadOnlyList<ReleasedFrame> Prereleases { get; } = Load("wire-0.12.jsonl");

    /// <summary>Those of one direction.</summary>
    public static IEnumerable<ReleasedFrame> Of(string direction) => All.Where(frame => frame.Direction == direction);

    private static List<ReleasedFrame> Load(string file)
    {
        var frames = new List<ReleasedFrame>();
        foreach (var line in Vectors.Lines(file))
        {
            using var json = JsonDocument.Parse(line);
            var root = json.RootElement;
            var code = root.TryGetProperty("code", out var number) ? number.GetUInt32() : 0;
            frames.Add(new ReleasedFrame(
                $"{file}:{frames.Count + 1} {root.GetProperty("name").GetString()}",
                root.GetProperty("source").GetString()!.StartsWith("Rust SDK", StringComparison.Ordinal),
                root.GetProperty("dir").GetString()!,
                Enum.IsDefined((CommandCode)code) ? (CommandCode)code : CommandCode.None,
                code,
                Convert.FromHexString(root.GetProperty("frame_hex").GetString()!),
                root.TryGetProperty("payload_hex", out var payload) ? Convert.FromHexString(payload.GetString()!) : [],
                root.GetProperty("note").GetString()!));
        }
        return frames;
    }
}
