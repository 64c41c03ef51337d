using System.Text.Json;
using System.Text.Json.Serialization;

namespace Sous.Plugins.Sdk;

/// <summary>
/// Text that does not print: neither <see cref="ToString"/>, nor a debugger, nor a serializer shows it, and two secrets do
/// not compare. Reading it is a visible act, <see cref="Reveal"/>. It does not wipe memory: .NET cannot promise that.
/// </summary>
/// <param name="value">The secret text, not empty.</param>
[JsonConverter(typeof(NeverSerialized))]
[System.Diagnostics.CodeAnalysis.SuppressMessage("Usage", "CA2231", Justification = "Secrets do not compare, by operators least of all.")]
[System.Diagnostics.DebuggerDisplay("***")]
public readonly struct Secret(string value)
{
    [System.Diagnostics.DebuggerBrowsable(System.Diagnostics.DebuggerBrowsableState.Never)]
    private readonly string? _value = value;

    /// <summary>Whether there is nothing in it, as in <c>default</c>.</summary>
    public bool IsEmpty => string.IsNullOrEmpty(_value);

    /// <summary>The secret text.</summary>
    /// <exception cref="InvalidOperationException">The secret is empty.</exception>
    public string Reveal() => IsEmpty ? throw new InvalidOperationException("The secret is empty.") : _value ?? "";

    /// <summary>Three stars.</summary>
    public override string ToString() => "***";

    /// <summary>Not supported: secrets are compared in constant time, on purpose and elsewhere.</summary>
    /// <exception cref="NotSupportedException">Always.</exception>
    public override bool Equals(object? obj) => throw new NotSupportedException("Secrets do not compare.");

    /// <summary>Not supported.</summary>
    /// <exception cref="NotSupportedException">Always.</exception>
    public override int GetHashCode() => throw new NotSupportedException("Secrets do not compare.");

    private sealed class NeverSerialized : JsonConverter<Secret>
    {
        public override Secret Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
            => throw new NotSupportedException("A secret is not read from JSON.");

        public override void Write(Utf8JsonWriter writer, Secret value, JsonSerializerOptions options)
            => throw new NotSupportedException("A secret is not written to JSON.");
    }
}
