using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Iggy.Grains.Interfaces.ConsumerGroups;
using Iggy.Grains.Interfaces.Streams;
using Iggy.Grains.Interfaces.Topics;
using Iggy.Grains.Interfaces.Users;
using Iggy.Grains.Metadata;
using Iggy.Grains.Streams;
using Iggy.Grains.Topics;
using Iggy.Grains.Users;
using Orleans.Storage;

namespace Iggy.Grains.Hosting;

/// <summary>Grain state as plain JSON, without .NET type names, so classes may move and a person can read the file.</summary>
/// <remarks>A property that this server does not know is skipped, one that is missing is the type's default (generated code overrides
/// initializers with it: hence the guards in the list properties). So fields may be added, but a property once written is never renamed or given
/// another meaning. A test holds a state of each kind as it lies on disk. Each row ends with a checksum; one that does not fit, or is no such
/// JSON, comes back as <see cref="StoredState.IsUnreadable"/>.</remarks>
internal sealed class StateSerializer : IGrainStorageSerializer
{
    public BinaryData Serialize<T>(T? input) => new(RowChecksum.Append(JsonSerializer.SerializeToUtf8Bytes(input!, TypeInfo<T>())));

    public T Deserialize<T>(BinaryData input) => TryRead(input.ToMemory().Span, TypeInfo<T>()) is { } state ? state : Unreadable<T>();

    private static T? TryRead<T>(ReadOnlySpan<byte> row, JsonTypeInfo<T> type)
    {
        try
        {
            return RowChecksum.TryRemove(row, out var json) ? JsonSerializer.Deserialize(json, type) : default;
        }
        catch (JsonException)
        {
            return default;
        }
    }

    // Not an exception: it would fail the activation, for which Orleans lets every caller wait seconds for an error without a reason.
    private static T Unreadable<T>()
    {
        var state = JsonSerializer.Deserialize("{}"u8, TypeInfo<T>());
        (state as StoredState ?? throw new InvalidOperationException($"{typeof(T).Name} is no {nameof(StoredState)}.")).IsUnreadable = true;
        return state!;
    }

    private static JsonTypeInfo<T> TypeInfo<T>() => (JsonTypeInfo<T>)(StateJson.Default.GetTypeInfo(typeof(T))
        ?? throw new InvalidOperationException($"{typeof(T).Name} is missing from {nameof(StateJson)}."));
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(StreamDirectoryState))]
[JsonSerializable(typeof(StreamState))]
[JsonSerializable(typeof(TopicState))]
[JsonSerializable(typeof(UserDirectoryState))]
[JsonSerializable(typeof(UserState))]
[JsonSerializable(typeof(TokenIndexState))]
[JsonSerializable(typeof(RevokedTokensState))]
[JsonSerializable(typeof(DirectoryPage<StreamEntry>), TypeInfoPropertyName = "StreamsPage")]
[JsonSerializable(typeof(DirectoryPage<TopicEntry>), TypeInfoPropertyName = "TopicsPage")]
[JsonSerializable(typeof(DirectoryPage<UserEntry>), TypeInfoPropertyName = "UsersPage")]
[JsonSerializable(typeof(DirectoryPage<ConsumerGroupEntry>), TypeInfoPropertyName = "GroupsPage")]
internal sealed partial class StateJson : JsonSerializerContext;
