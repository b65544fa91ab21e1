using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Iggy.Grains.Streams;
using Iggy.Grains.Topics;
using Iggy.Grains.Users;
using Orleans.Storage;

namespace Iggy.Grains.Hosting;

/// <summary>Grain state as plain JSON, without .NET type names, so classes may move and a person can read the file.</summary>
/// <remarks>A property that this server does not know is skipped, one that is missing is the type's default (generated code overrides
/// initializers with it: hence the guards in the list properties). So fields may be added, but a property once written is never renamed or given
/// another meaning. A test holds a state of each kind as it lies on disk.</remarks>
internal sealed class StateSerializer : IGrainStorageSerializer
{
    public BinaryData Serialize<T>(T? input) => new(JsonSerializer.SerializeToUtf8Bytes(input!, TypeInfo<T>()));

    public T Deserialize<T>(BinaryData input) => JsonSerializer.Deserialize(input, TypeInfo<T>())
        ?? throw new JsonException($"The stored {typeof(T).Name} is null.");

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
internal sealed partial class StateJson : JsonSerializerContext;
