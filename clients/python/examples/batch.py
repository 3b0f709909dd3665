"""Enroll a folder (one folder a person), search it with the photos of another, print candidates."""

import sys

from countenance_client import Client, Refused

url, key, known, unknown = sys.argv[1:]
with Client(url, key) as client:
    try:
        about = {"legal_basis": "Guardians' consent", "owner": "Case team", "retention_days": 365}
        purpose = client.standing()["key"]["purpose"]
        gallery = client.create_gallery(f"Batch of {known}", purpose=purpose, **about)["id"]
        enrolled = client.submit_folder("enroll", known, gallery=gallery, subject_from="folder").wait()
        print(f"enrolled: {enrolled.counts}, not taken: {enrolled.rejected}")
        search = client.submit_folder("search", unknown, gallery=gallery, max_candidates=3).wait()
        for photo in search.results():
            print(photo["name"], photo["status"], photo["reason"] or f"{len(photo['faces'])} face(s)")
            for face in photo["faces"]:
                for one in face["candidates"]:
                    print(f"  candidate {one['subject']} {one['similarity']:.1f} ({one['review']})")
    except Refused as refusal:
        sys.exit(f"Refused by {refusal.rule}: {refusal.detail} {refusal.remedy} ({refusal.decision})")
