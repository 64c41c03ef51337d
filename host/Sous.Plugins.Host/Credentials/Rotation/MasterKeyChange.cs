namespace Sous.Plugins.Host.Credentials.Rotation;

/// <summary>What a change of the master key came to.</summary>
/// <param name="MasterKey">The id of the key that wraps the ring now.</param>
/// <param name="RingKeys">How many entries of the ring are wrapped by it.</param>
/// <param name="Changed">False where the ring was wrapped by it already: asked a second time.</param>
/// <param name="NextStart">What the operator must do before the next start, in a sentence.</param>
internal sealed record MasterKeyChange(string MasterKey, int RingKeys, bool Changed, string NextStart);
