namespace Sous.Plugins.Host.Credentials.Rotation;

/// <summary>A key of the ring, as the API shows it.</summary>
/// <param name="Default">It protects now.</param>
/// <param name="Refers">How many stored ciphertexts ask for it: fields of credentials, data keys, secrets of the host's own. Those of connect sessions, which live for minutes, are not counted.</param>
internal sealed record RingKeyView(Guid Id, DateTimeOffset MadeAt, DateTimeOffset From, DateTimeOffset To, bool Default, long Refers);
