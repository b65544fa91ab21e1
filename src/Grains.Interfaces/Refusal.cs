namespace Iggy.Grains.Interfaces;

/// <summary>Why a grain did not do what it was asked. The gateway alone knows what each means on a wire.</summary>
public enum Refusal : byte
{
    /// <summary>Not refused.</summary>
    None = 0,
    /// <summary>No such stream.</summary>
    StreamNotFound,
    /// <summary>Another stream has the name.</summary>
    StreamNameTaken,
    /// <summary>No more stream ids.</summary>
    TooManyStreams,
    /// <summary>No such topic.</summary>
    TopicNotFound,
    /// <summary>Another topic of the stream has the name.</summary>
    TopicNameTaken,
    /// <summary>No more topic ids in the stream.</summary>
    TooManyTopics,
    /// <summary>A finite maximum topic size lies below the size of one segment.</summary>
    TopicSizeTooSmall,
    /// <summary>More partitions asked for than one request may make, or none where one is the least.</summary>
    TooManyPartitions,
    /// <summary>More partitions to remove than there are.</summary>
    NotEnoughPartitions,
    /// <summary>No such partition; also what a partition answers that was deleted, so a cached route must be looked up again.</summary>
    PartitionNotFound,
    /// <summary>Nothing is stored for this consumer.</summary>
    ConsumerOffsetNotFound,
    /// <summary>The offset lies above the last message, or the partition is empty.</summary>
    OffsetOutOfRange,
    /// <summary>No room for another consumer's offset.</summary>
    TooManyConsumers,
    /// <summary>No space on the disk; nothing was written, and it may work later.</summary>
    DiskFull,
    /// <summary>The disk or the metadata store failed; the message tells people more.</summary>
    StorageFailed,
    /// <summary>What was asked for is damaged on disk.</summary>
    Damaged,
    /// <summary>The batch does not hold the messages it claims.</summary>
    InvalidBatch,
    /// <summary>No such user.</summary>
    UserNotFound,
    /// <summary>Wrong user name or password.</summary>
    InvalidCredentials,
    /// <summary>The user may not log in.</summary>
    UserInactive,
    /// <summary>Another user has the name.</summary>
    UserNameTaken,
    /// <summary>As many users as are allowed, or no more ids.</summary>
    TooManyUsers,
    /// <summary>The root user cannot be deleted.</summary>
    RootStays,
    /// <summary>The root user can neither lose permissions nor be made inactive.</summary>
    RootKeepsPermissions,
    /// <summary>No such personal access token.</summary>
    TokenNotFound,
    /// <summary>The user has a token of that name.</summary>
    TokenNameTaken,
    /// <summary>The user has as many tokens as are allowed.</summary>
    TooManyTokens,
    /// <summary>The token's time is over.</summary>
    TokenExpired,
    /// <summary>No such consumer group.</summary>
    ConsumerGroupNotFound,
    /// <summary>Another group of the topic has the name.</summary>
    ConsumerGroupNameTaken,
    /// <summary>No more consumer groups in the topic.</summary>
    TooManyConsumerGroups,
    /// <summary>The partition serves the group under another term: the member lost it, or has to ask the group.</summary>
    StaleClaim,
    /// <summary>As many passwords wait to be compared as may: nothing was compared, and it may be tried again.</summary>
    TooManyLogins,
    /// <summary>What has to be asked cannot be reached now, such as the metadata store; whether a change arrived is not known. It may be tried again.</summary>
    Unavailable,
    /// <summary>Written, but the sync failed: nobody knows whether it is still there after a restart.</summary>
    OutcomeUnknown,
    /// <summary>The batch of a producer that was appended before, too long ago to say where.</summary>
    RepeatTooOld,
    /// <summary>Messages of the producer are missing before these.</summary>
    ProducerOutOfOrder,
    /// <summary>A higher epoch of the producer has written.</summary>
    ProducerFenced,
    /// <summary>The producer is not known and does not begin with its first message.</summary>
    ProducerUnknown,
}
