using System.Collections.Immutable;
using System.Text;
using Iggy.Gateway.Errors;
using Iggy.Gateway.Sessions;
using Iggy.Grains.Interfaces.Topics;
using Iggy.Protocol;
using Iggy.Protocol.Vsr;
using Iggy.Protocol.Vsr12;

namespace Iggy.Gateway.Commands;

/// <summary>Changes of streams, topics and users by options, and what a new stream may be given.</summary>
internal sealed class ResourcePatches(StreamCommands streams, TopicCommands topics, UserCommands users)
{
    private const uint Root = 0;
    private const int KeyBytes = 32;

    private static readonly string[] _internalKeys = ["encryption_key_wrapped", "critical_keys"];
    private static readonly string[] _toldOfStreams = ["encryption_key_source", "encryption_key_fingerprint", "encryption_kek_fingerprint"];

    /// <summary>Reads the options of a new stream.</summary>
    /// <returns>The key that its messages are to be kept under; null for none of its own.</returns>
    /// <exception cref="CommandRefusedException">One is not known, or not as it should be.</exception>
    public static byte[]? ReadNewStream(ImmutableArray<WireOption> options)
    {
        CommandRefusedException.ThrowIf(CheckNewStream(options));
        return options.IsEmpty ? null : KeyOf(options[0]);
    }

    private static IggyError CheckNewStream(ImmutableArray<WireOption> options)
    {
        foreach (var option in options)
        {
            if (KindOf(OptionScope.Stream, option.Key) is not (KeyKind.Fixed or KeyKind.Column) and var kind)
                return kind is KeyKind.Unknown ? IggyError.UnsupportedOptionKey : IggyError.ReadOnlyOption;
        }
        foreach (var option in options)
        {
            if (option.Key == "name")
                return IggyError.InvalidOptionValue;
            if (KeyOf(option) is null)
                return IggyError.InvalidEncryptionKey;
        }
        return IggyError.None;
    }

    /// <summary>Carries a change out.</summary>
    /// <exception cref="CommandRefusedException">It is none, or something stands against it.</exception>
    public ValueTask ApplyAsync(Session session, UpdateResourceRequest request)
    {
        CommandRefusedException.ThrowIf(Check(request));
        return request.Scope switch
        {
            OptionScope.Topic => PatchTopicAsync(session, request),
            OptionScope.Stream => streams.UpdateAsync(session, request.Stream, Column(request, "name", IggyError.InvalidStreamName)!),
            _ => PatchUserAsync(session, request),
        };
    }

    // In the order of the protocol.
    private static IggyError Check(UpdateResourceRequest request)
    {
        var set = request.Options.Select(static option => option.Key).ToHashSet(StringComparer.Ordinal);
        var reset = request.Reset.ToHashSet(StringComparer.Ordinal);
        if (reset.Count != request.Reset.Length || set.Overlaps(reset) || set.Count + reset.Count == 0)
            return IggyError.InvalidCommand;
        var kinds = set.Concat(reset).Select(key => KindOf(request.Scope, key)).ToArray();
        if (kinds.Contains(KeyKind.Unknown))
            return IggyError.UnsupportedOptionKey;
        if (kinds.Contains(KeyKind.ReadOnly))
            return IggyError.ReadOnlyOption;
        if (kinds.Contains(KeyKind.Fixed))
            return IggyError.OptionNotUpdatable;
        return reset.Any(key => KindOf(request.Scope, key) is KeyKind.Column) ? IggyError.OptionNotResettable : IggyError.None;
    }

    private static KeyKind KindOf(OptionScope scope, string key)
    {
        if (_internalKeys.Contains(key))
            return KeyKind.ReadOnly;
        switch (scope)
        {
            case OptionScope.Topic:
                if (key == "name")
                    return KeyKind.Column;
                return TopicOptionCatalog.Find(key) is not { } option || (option.Lines & OptionLines.V12) == 0 ? KeyKind.Unknown
                    : option.IsUpdatable ? KeyKind.Updatable : KeyKind.Fixed;
            case OptionScope.Stream:
                return key == "name" ? KeyKind.Column : key == "encryption_key" ? KeyKind.Fixed : _toldOfStreams.Contains(key) ? KeyKind.ReadOnly : KeyKind.Unknown;
            default:
                return key is "username" or "status" ? KeyKind.Column : KeyKind.Unknown;
        }
    }

    private ValueTask PatchTopicAsync(Session session, UpdateResourceRequest request)
    {
        var (set, zeros) = (TopicOptions.None, 0);
        foreach (var pair in request.Options)
        {
            if (pair.Key == "name")
                continue;
            var next = TopicOptionCatalog.Find(pair.Key)!.TrySet(set, pair) ?? throw new CommandRefusedException(IggyError.InvalidOptionValue);
            zeros += next == set ? 1 : 0; // as if it were not there
            set = next;
        }
        var name = Column(request, "name", IggyError.InvalidTopicName);
        if (zeros == request.Options.Length && request.Reset.IsEmpty)
            throw new CommandRefusedException(IggyError.InvalidCommand);
        var reset = ChosenSettings.None;
        foreach (var key in request.Reset)
            reset |= key == "message_expiry" ? ChosenSettings.MessageExpiry : ChosenSettings.MaxBytes;
        return topics.PatchAsync(session, request.Stream, request.Resource, name, new TopicPatch(null, set.MessageExpiryMicros, set.MaxTopicSizeBytes, reset));
    }

    private async ValueTask PatchUserAsync(Session session, UpdateResourceRequest request)
    {
        var (name, status) = (Column(request, "username", IggyError.InvalidUsername), Column(request, "status", IggyError.InvalidUserStatus));
        UserStatus? asked = status switch
        {
            null => null,
            "active" => UserStatus.Active,
            "inactive" => UserStatus.Inactive,
            _ => throw new CommandRefusedException(IggyError.InvalidUserStatus),
        };
        await users.UpdateAsync(session, request.Resource, name, asked, static user => CommandRefusedException.ThrowIf(user == Root ? IggyError.CannotModifyRootUser : IggyError.None));
    }

    private static string? Column(UpdateResourceRequest request, string key, IggyError fault)
    {
        foreach (var option in request.Options)
        {
            if (option.Key == key)
                return option.Kind is UserHeaderKind.Text ? Encoding.UTF8.GetString(option.Value.AsSpan()) : throw new CommandRefusedException(fault);
        }
        return null;
    }

    private static byte[]? KeyOf(WireOption option)
    {
        if (option.Kind is UserHeaderKind.Raw)
            return option.Value.Length == KeyBytes ? [.. option.Value] : null;
        Span<byte> key = stackalloc byte[256];
        return option.Kind is UserHeaderKind.Text && Convert.TryFromBase64String(Encoding.UTF8.GetString(option.Value.AsSpan()), key, out var bytes) && bytes == KeyBytes
            ? key[..KeyBytes].ToArray()
            : null;
    }

    private enum KeyKind : byte
    {
        Unknown,
        Column,
        Updatable,
        Fixed,
        ReadOnly,
    }
}
