namespace Sous.Plugins.Testing;

/// <summary>One request to the token endpoint, as the service saw it.</summary>
/// <param name="Grant">Such as <c>refresh_token</c>.</param>
/// <param name="TokenHash">SHA-256 of the refresh token sent, in hex; null for a code.</param>
/// <param name="At">When it came.</param>
/// <param name="Account">Whose grant it is, where it was granted.</param>
/// <param name="Granted">Whether tokens were answered.</param>
/// <param name="Reused">Whether the refresh token had been exchanged before.</param>
/// <param name="ClientAuthentication"><c>basic</c> or <c>body</c>.</param>
internal sealed record TokenCall(string Grant, string? TokenHash, DateTimeOffset At, string? Account, bool Granted, bool Reused, string ClientAuthentication);
