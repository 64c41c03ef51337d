using Sous.Plugins.Sdk;

namespace Sous.Plugins.Host.Authorization.Tokens;

/// <summary>A client's token, or who must act before there is one.</summary>
/// <param name="Wait">How long until the next login may be tried.</param>
internal sealed record ClientLoginEnd(Secret? Token, FailureKind Failure = default, string? Cause = null, TimeSpan? Wait = null);
