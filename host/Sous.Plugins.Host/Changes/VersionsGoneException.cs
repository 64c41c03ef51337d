namespace Sous.Plugins.Host.Changes;

/// <summary>What was known at an instant is asked for, and versions of before are not kept any more.</summary>
internal sealed class VersionsGoneException(DateTimeOffset since)
    : Exception(FormattableString.Invariant($"What was known is kept since {since:yyyy-MM-ddTHH:mm:ss.fffZ}."));
