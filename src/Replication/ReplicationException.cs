namespace Iggy.Replication;

/// <summary>A replica was asked for something that the protocol never asks for. Nothing was changed; the partition has to stop here.</summary>
public sealed class ReplicationException(string message) : Exception(message);
