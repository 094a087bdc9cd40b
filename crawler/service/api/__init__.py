"""The API of an installation, `/api/v1`: for the main platform and other programs. People use the
console.
"""
