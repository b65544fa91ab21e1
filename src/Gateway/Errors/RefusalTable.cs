using Iggy.Grains.Interfaces;
using Iggy.Protocol;

namespace Iggy.Gateway.Errors;

/// <summary>The one place where a grain's reason becomes a code of the protocol.</summary>
internal static class RefusalTable
{
    /// <summary>The code of a reason; <see cref="IggyError.None"/> for none. A test fails if a reason is not listed.</summary>
    public static IggyError ToError(Refusal refusal) => refusal switch
    {
        Refusal.None => IggyError.None,
        Refusal.StreamNotFound => IggyError.StreamIdNotFound,
        Refusal.StreamNameTaken => IggyError.StreamNameAlreadyExists,
        // 0.8 knows no code for too many of these (the newer line has 1020 and 2021); "cannot create" says it best.
        Refusal.TooManyStreams => IggyError.CannotCreateStream,
        Refusal.TopicNotFound => IggyError.TopicIdNotFound,
        Refusal.TopicNameTaken => IggyError.TopicNameAlreadyExists,
        Refusal.TooManyTopics => IggyError.CannotCreateTopic,
        Refusal.TopicSizeTooSmall => IggyError.InvalidTopicSize,
        Refusal.TooManyPartitions => IggyError.TooManyPartitions,
        Refusal.NotEnoughPartitions => IggyError.InvalidPartitionsCount,
        Refusal.PartitionNotFound => IggyError.PartitionNotFound,
        Refusal.ConsumerOffsetNotFound => IggyError.ConsumerOffsetNotFound,
        Refusal.OffsetOutOfRange => IggyError.InvalidOffset,
        Refusal.TooManyConsumers => IggyError.CannotOpenConsumerOffsetsFile,
        Refusal.DiskFull => IggyError.CannotAppendMessage,
        Refusal.StorageFailed => IggyError.IoError,
        Refusal.Damaged => IggyError.InvalidMessageChecksum,
        Refusal.InvalidBatch => IggyError.InvalidMessagesSize,
        Refusal.UserNotFound => IggyError.ResourceNotFound,
        Refusal.InvalidCredentials => IggyError.InvalidCredentials,
        Refusal.UserInactive => IggyError.UserInactive,
        Refusal.UserNameTaken => IggyError.UserAlreadyExists,
        Refusal.TooManyUsers => IggyError.UsersLimitReached,
        Refusal.RootStays => IggyError.CannotDeleteUser,
        Refusal.RootKeepsPermissions => IggyError.CannotChangePermissions,
        Refusal.TokenNotFound => IggyError.ResourceNotFound,
        Refusal.TokenNameTaken => IggyError.PersonalAccessTokenAlreadyExists,
        Refusal.TooManyTokens => IggyError.PersonalAccessTokensLimitReached,
        Refusal.TokenExpired => IggyError.PersonalAccessTokenExpired,
        Refusal.ConsumerGroupNotFound => IggyError.ConsumerGroupIdNotFound,
        Refusal.ConsumerGroupNameTaken => IggyError.ConsumerGroupNameAlreadyExists,
        Refusal.TooManyConsumerGroups => IggyError.CannotCreateConsumerGroupInfo,
        // As when no answer comes in time, which is what would become of it: clients take it for a reason to try again.
        Refusal.TooManyLogins => IggyError.TaskTimeout,
        Refusal.Unavailable => IggyError.TaskTimeout, // as above: the outcome is as unknown as after a time-out, and a reason to try again
        // As when no answer comes in time: the newer dialect tells both as "not committed", status 57.
        Refusal.OutcomeUnknown => IggyError.TaskTimeout,
        Refusal.RepeatTooOld => IggyError.RequestTooOld,
        Refusal.ProducerOutOfOrder => IggyError.ProducerSequenceOutOfOrder,
        Refusal.ProducerFenced => IggyError.ProducerEpochFenced,
        Refusal.ProducerUnknown => IggyError.ProducerUnknown,
        Refusal.StaleClaim => IggyError.NotResolvedConsumer,
        _ => IggyError.Error,
    };
}
